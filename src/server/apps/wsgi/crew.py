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
# Requests after which is looked whether the app waits, and how much memory it has.
LOOK = 32


class Crew:
    def __init__(self, worker, sock, threads):
        self.worker, self.sock, self.raw = worker, sock, b""
        self.queue, self.out = deque(), deque()
        self.reading, self.sending, self.lock = threading.Lock(), threading.Lock(), threading.Lock()
        self.renewed = threading.Condition()
        self.homes, self.generations = [None] * threads, [0] * threads
        self.parked = [threading.Semaphore(0) for _ in range(threads)]
        self.busy = [False] * threads
        self.wanted, self.started, self.served = 0, 0, 0
        self.join()

    def join(self):
        """One thread more, if there is one."""
        with self.lock:
            number = self.wanted
            if number == len(self.homes):
                return
            self.wanted += 1
            if number < self.started:
                self.parked[number].release()
            else:
                self.started += 1
                threading.Thread(target=self.serve, args=(number,), daemon=True).start()

    def leave(self):
        """One thread less."""
        with self.lock:
            self.wanted = max(1, self.wanted - 1)

    def stalled(self):
        """stan has heard nothing for a while."""
        if self.out:
            self.flush()
        if not self.reading.locked():
            self.join()

    def give(self, number, sock):
        """The connection of a thread's own; a new one where stan has closed the old."""
        with self.renewed:
            self.homes[number] = sock
            self.generations[number] = (self.generations[number] + 1) & 255
            self.renewed.notify_all()

    def home(self, number):
        with self.renewed:
            while self.homes[number] is None:
                self.renewed.wait()
            return self.homes[number], self.generations[number]

    def lost(self, number, sock):
        """stan has closed that connection, and sends another."""
        with self.renewed:
            if self.homes[number] is sock:
                self.homes[number] = None
        sock.close()

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
            source = environ["wsgi.input"] = Input(exchange.turn() if more else None, b"", more, body)
            self.served += 1
            if self.served % LOOK:
                exchange.run(worker.app, environ, source)
            else:
                self.look(exchange, environ, source)
        except BaseException:
            # A client that has left is no failure of the app.
            if not exchange.gone:
                exchange.failed(worker.failure())
        if exchange.home and not exchange.gone:
            exchange.idle(source)
        if exchange.gone:
            self.lost(number, exchange.home)
        if len(sys.modules) != worker.modules:
            worker.more_files()

    def look(self, exchange, environ, source):
        """Answers, and finds out whether a thread more would be of use: the app gave the processor away."""
        before = getrusage(RUSAGE_THREAD).ru_nvcsw if getrusage else 0
        exchange.run(self.worker.app, environ, source)
        if getrusage and not exchange.home:
            if getrusage(RUSAGE_THREAD).ru_nvcsw > before:
                self.join()
            else:
                self.leave()
        self.worker.memory()
