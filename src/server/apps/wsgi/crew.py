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
ANSWER, TURN, BACK = b"ANB"
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
        # Connections that are free, and those whose answers stan may not have to their end yet.
        self.choosing, self.given = threading.Lock(), threading.Event()
        self.idle, self.away, self.connections = deque(), [], {}
        self.parked = [threading.Semaphore(0) for _ in range(threads)]
        self.busy = [False] * threads
        self.wanted, self.started = 0, 0
        self.served, self.due, self.every = 0, SOON, SOON
        # Without a GIL the threads do not wait for each other.
        self.free = not getattr(sys, "_is_gil_enabled", lambda: True)()
        self.usual = threads if self.free else 1
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forked)
        self.set(self.usual)

    def set(self, wanted):
        """So many threads answer."""
        with self.lock:
            before, self.wanted = self.wanted, min(max(wanted, 1), len(self.parked))
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

    def give(self, connection):
        """One connection more, or in place of one that stan has closed."""
        self.connections[connection.number] = connection
        self.idle.append(connection)
        self.given.set()

    def connection(self):
        """One for an answer that is more than one small piece."""
        with self.choosing:
            while True:
                # One that was used lately is still in the processor's cache.
                for connection in reversed(self.away):
                    returned = connection.returned()
                    if returned is not False:
                        self.away.remove(connection)
                        if returned:
                            return connection
                        connection.close()
                if self.idle:
                    return self.idle.pop()
                self.given.clear()
                if self.away and not self.idle:
                    poller = select.poll()
                    for connection in self.away:
                        poller.register(connection.sock, select.POLLIN)
                    # stan closes one before it gives another in its place.
                    poller.poll(1000)
                elif not self.idle:
                    self.given.wait()

    def give_back(self):
        """Tells stan which requests have not been begun: others are to have them."""
        if self.reading.acquire(False):
            try:
                while self.read(False):
                    pass
            finally:
                self.reading.release()
        numbers = b""
        while self.queue:
            try:
                numbers += struct.pack(">Q", self.queue.popleft()[1])
            except IndexError:
                break
        self.out.append(FRAME.pack(BACK, len(numbers)) + numbers)
        self.flush()

    def forked(self):
        """In a child that the app has forked off: none of stan's connections is its."""
        for connection in self.connections.values():
            connection.close()
        self.sock.close()
        self.worker.control.close()

    def serve(self, number):
        """Answers requests as long as there is a stan that asks."""
        try:
            while True:
                asked = self.next(number)
                self.busy[number] = True
                begin = clock()
                self.answer(*asked)
                if not self.queue or len(self.out) >= HELD or clock() - begin > BRIEF:
                    self.flush()
                self.busy[number] = False
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
                    self.read(True)

    def read(self, wait):
        """Reads requests into the queue; whether anything has come."""
        try:
            raw = self.sock.recv(SMALL, socket.MSG_DONTWAIT)
        except BlockingIOError:
            if wait:
                # Whoever waits in recv itself is also woken when stan has read what was sent (unix_write_space).
                self.wait()
            return False
        except OSError:
            raw = b""
        if not raw:
            # stan has gone, or has had enough.
            os._exit(0)
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
        return True

    def flush(self):
        """Sends what there is to tell."""
        out = self.out
        with self.sending:
            try:
                if len(out) == 1:
                    self.sock.sendall(out.popleft())
                elif out:
                    self.sock.sendall(b"".join([out.popleft() for _ in range(len(out))]))
            except OSError:
                os._exit(0)

    def answer(self, kind, ident, fields, body):
        worker = self.worker
        environ = worker.base.copy()
        pairs = fields.decode("latin-1").split("\0")
        environ.update(zip(pairs[::2], pairs[1::2]))
        exchange = Exchange(self, ident, environ["REQUEST_METHOD"] == "HEAD")
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
        home = exchange.home
        if home is not None:
            if not exchange.gone:
                exchange.settle()
            if exchange.gone:
                home.close()
            else:
                self.away.append(home)
        if len(sys.modules) != worker.modules:
            worker.more_files()

    def look(self, exchange, environ, source):
        """Answers, and finds out whether more threads are of use: while one is alone, the app gives the processor away."""
        if self.wanted > 1 and not self.free and sum(self.busy) == 1:
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
                self.set(max(self.usual, self.wanted))
            self.every = min(2 * self.every, SELDOM)
            self.due = self.served + self.every
            self.worker.memory()

    def alone(self):
        return self.wanted == 1 and sum(self.busy) == 1


def switches():
    """How often this thread gave the processor away; always more where that is not to be known."""
    return getrusage(RUSAGE_THREAD).ru_nvcsw if getrusage else clock()
