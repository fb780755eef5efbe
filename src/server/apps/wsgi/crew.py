# The threads of a worker, and the connection on which requests come to all of them.
#
# One thread reads and answers as long as the app only computes: more would wait for the same
# interpreter. Another joins when the app waits for something else, or when stan hears nothing.

from _collections import deque
from time import perf_counter as clock

try:
    from resource import RUSAGE_THREAD, getrusage
except ImportError:
    getrusage = None

# From stan: kind, length, number of the request, length of its environ. To stan: the same of an answer's
# head; and kind, length and number alone.
ASKED = struct.Struct(">BIQI")
ALONE = struct.Struct(">BIQ")
ANSWER, TURN = b"AN"
# Answers that wait for each other, if the last one took no longer than this (seconds).
HELD = 8
BRIEF = 0.0002
# Requests after which is looked whether the app waits, and how much memory it has: at first, and at most.
SOON, SELDOM = 32, 1024


class Crew:
    def __init__(self, worker, sock, threads):
        self.worker, self.sock, self.raw = worker, sock, b""
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        self.wait = poller.poll
        self.queue, self.out = deque(), deque()
        self.reading, self.sending, self.lock = threading.Lock(), threading.Lock(), threading.Lock()
        self.renewed = threading.Condition()
        self.homes, self.generations = [None] * threads, [0] * threads
        self.parked = [threading.Semaphore(0) for _ in range(threads)]
        self.busy = [False] * threads
        self.wanted, self.started = 0, 0
        self.served, self.due, self.every = 0, SOON, SOON
        # Without a GIL the threads do not wait for each other.
        self.free = not getattr(sys, "_is_gil_enabled", lambda: True)()
        self.usual = threads if self.free else 1
        self.set(self.usual)

    def set(self, wanted):
        """So many threads answer."""
        with self.lock:
            before, self.wanted = self.wanted, min(max(wanted, 1), len(self.homes))
            for number in range(before, self.wanted):
                if number < self.started:
                    self.parked[number].release()
                else:
                    self.started += 1
                    threading.Thread(target=self.serve, args=(number,), daemon=True).start()

    def stalled(self):
        """stan has heard nothing for a while."""
        if self.out:
            self.flush()
        if not self.reading.locked():
            self.set(self.wanted + 1)

    def give(self, number, sock, area):
        """The connection of a thread's own; a new one where stan has closed the old."""
        with self.renewed:
            self.homes[number] = sock, area
            self.generations[number] = (self.generations[number] + 1) & 255
            self.renewed.notify_all()

    def home(self, number):
        with self.renewed:
            while self.homes[number] is None:
                self.renewed.wait()
            return (*self.homes[number], self.generations[number])

    def lost(self, number, sock, area):
        """stan has closed that connection, and sends another."""
        with self.renewed:
            if self.homes[number] and self.homes[number][0] is sock:
                self.homes[number] = None
        sock.close()
        if area is not None:
            area.close()

    def serve(self, number):
        """Answers requests as long as there is a stan that asks."""
        try:
            while True:
                asked = self.next(number)
                self.busy[number] = True
                begin = clock()
                self.answer(number, *asked)
                if not self.queue or len(self.out) >= HELD or clock() - begin > BRIEF:
                    self.flush()
                self.busy[number] = False
        except OSError:
            pass
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)

    def next(self, number):
        """The next request: from the queue, or read while no other thread reads."""
        while True:
            while number >= self.wanted:
                self.parked[number].acquire()
            try:
                return self.queue.popleft()
            except IndexError:
                pass
            with self.reading:
                if not self.queue:
                    if self.out:
                        self.flush()
                    self.read()

    def read(self):
        try:
            raw = self.sock.recv(SMALL, socket.MSG_DONTWAIT)
        except BlockingIOError:
            # Whoever waits in recv itself is also woken when stan has read what was sent (unix_write_space).
            self.wait()
            raw = self.sock.recv(SMALL)
        if not raw:
            raise Gone("stan has closed the connection")
        if self.raw:
            raw = self.raw + raw
        at, have = 0, len(raw)
        while have - at >= ASKED.size:
            kind, size, ident, fields = ASKED.unpack_from(raw, at)
            end = at + FRAME.size + size
            if end > have:
                break
            at += ASKED.size
            self.queue.append((kind, ident, raw[at : at + fields], raw[at + fields : end]))
            at = end
        self.raw = raw[at:]

    def flush(self):
        """Sends what there is to tell."""
        out = self.out
        with self.sending:
            if len(out) == 1:
                self.sock.sendall(out.popleft())
            elif out:
                self.sock.sendall(b"".join([out.popleft() for _ in range(len(out))]))

    def answer(self, number, kind, ident, fields, body):
        worker = self.worker
        environ = worker.base.copy()
        pairs = fields.decode("latin-1").split("\0")
        environ.update(zip(pairs[::2], pairs[1::2]))
        exchange = Exchange(self, number, ident, environ["REQUEST_METHOD"] == "HEAD")
        try:
            more = kind == WITH_BODY
            home = exchange.turn() if more else None
            source = exchange.source = environ["wsgi.input"] = Input(home, exchange.area, more, body)
            self.served += 1
            if self.served < self.due:
                exchange.run(worker.app, environ, source)
            else:
                self.look(exchange, environ, source)
        except BaseException:
            # A client that has left is no failure of the app.
            if not exchange.gone:
                exchange.failed(worker.failure())
        if exchange.home and not exchange.gone:
            exchange.settle()
        if exchange.area and exchange.area.used and not exchange.gone:
            # What lies there is the client's until stan says that it has been sent.
            self.flush()
            exchange.gone = not exchange.area.bell.recv(1)
        if exchange.gone:
            self.lost(number, exchange.home, exchange.area)
        if len(sys.modules) != worker.modules:
            worker.more_files()

    def look(self, exchange, environ, source):
        """Answers, and finds out whether more threads are of use: while one is alone, the app gives the processor away."""
        if self.wanted > 1 and not self.free:
            # First the others have to be out of the way: they would wait for each other.
            self.usual = self.wanted
            self.set(1)
            exchange.run(self.worker.app, environ, source)
            return
        alone, before = self.alone(), switches()
        try:
            exchange.run(self.worker.app, environ, source)
        finally:
            if alone and self.alone() and not exchange.home:
                self.set(self.usual + 1 if switches() > before else 1)
            else:
                self.set(self.usual)
            self.every = min(2 * self.every, SELDOM)
            self.due = self.served + self.every
            self.worker.memory()

    def alone(self):
        return self.wanted == 1 and sum(self.busy) == 1


def switches():
    """How often this thread gave the processor away; always more where that is not to be known."""
    return getrusage(RUSAGE_THREAD).ru_nvcsw if getrusage else clock()
