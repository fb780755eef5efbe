# Runs a WSGI app (PEP 3333) in the user's own interpreter, for the stan that started it.
#
# stan sends this text over the socket that is descriptor 0; `wsgi.rs` beside it describes the
# protocol. Python 3.8 to 3.14, nothing but the standard library; what costs time is imported late.

# Requests after which a worker looks at its memory.
LOOK = 100


class Exchange:
    """One request and its answer."""

    def __init__(self, worker, sock, environ):
        self.worker, self.sock, self.source = worker, sock, environ["wsgi.input"]
        self.bodiless = environ["REQUEST_METHOD"] == "HEAD"
        self.head, self.sent = None, False

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.head is not None:
            raise AssertionError("start_response was called twice without exc_info (PEP 3333)")
        fields = [status]
        for name, value in headers:
            fields.append(name)
            fields.append(value)
        try:
            head = "\0".join(fields).encode("latin-1")
        except TypeError:
            raise TypeError("status and headers have to be str (PEP 3333): %r, %r" % (status, headers)) from None
        if head.count(0) != len(fields) - 1:
            raise ValueError("a header holds a NUL: %r" % (headers,))
        self.head = FRAME.pack(HEAD, len(head)) + head
        return self.write

    def send(self, data, after=b""):
        """Sends `data`, the head before it if that has not gone, and the frame that follows."""
        before = b""
        if not self.sent:
            if self.head is None:
                raise AssertionError("the app sent data, or returned, before it called start_response (PEP 3333)")
            self.sent, before = True, self.head
        if self.bodiless or not data:
            self.sock.sendall(before + after)
        elif len(data) < LARGE or self.source.area is None:
            self.sock.sendall(b"".join((before, FRAME.pack(DATA, len(data)), data, after)))
        else:
            self.source.area.send(self.sock, before, data, after, self.source)

    def write(self, data):
        if type(data) is not bytes:
            data = self.worker.lenient(data)
        if data or not self.sent:
            self.send(data)

    def run(self, app, environ, source):
        """Answers; says whether the worker may be called idle at once."""
        result = app(environ, self.start_response)
        if type(result) is str:
            result = [self.worker.lenient(result)]
        close = getattr(result, "close", None)
        try:
            if type(result) in (list, tuple):
                data = self.whole(result)
                if data is not None:
                    idle = not source.more
                    self.send(data, FRAME.pack(END if idle else ENDED, 0))
                    return idle
            if result is None:
                raise TypeError("the app returned None; it has to return an iterable of bytes (PEP 3333)")
            place = result.place() if type(result) is FileWrapper and self.head and not self.sent else None
            if place and not self.bodiless and not source.more:
                self.sent, head = True, self.head[FRAME.size :]
                self.sock.sendall(FRAME.pack(FILE, len(place) + len(head)) + place + head)
                # It may be gone once it is closed, so stan says when it has it.
                source.take(FRAME.size)
                self.sock.sendall(FRAME.pack(ENDED, 0))
                return False
            for data in result:
                if data:
                    self.write(data)
            idle = close is None and not source.more
            self.send(b"", FRAME.pack(END if idle else ENDED, 0))
            return idle
        finally:
            if close is not None:
                close()

    def whole(self, result):
        """A list's bytes in one piece, where it is one or they are small."""
        if len(result) == 1:
            data = result[0]
            return data if type(data) is bytes else self.worker.lenient(data)
        elif all(type(data) is bytes for data in result):
            data = b"".join(result)
        else:
            return None
        return data if len(data) <= SMALL else None


class Worker:
    """What all connections of this process share."""

    def __init__(self, control, name, root, threads, processes):
        self.control, self.name, self.root = control, name, root
        self.lock, self.quit = threading.Lock(), threading.Event()
        self.known, self.modules, self.told = set(), 0, set()
        self.app, self.started = None, False
        self.served, self.most = 0, 0
        self.base = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": threads > 1,
            "wsgi.multiprocess": processes > 1,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "wsgi.file_wrapper": FileWrapper,
            "SCRIPT_NAME": "",
            "PATH_INFO": "",
            "QUERY_STRING": "",
        }

    def tell(self, kind, text=""):
        """A frame on the control connection."""
        payload = text.encode("utf-8", "replace")
        with self.lock:
            self.control.sendall(FRAME.pack(kind, len(payload)) + payload)

    def news(self):
        """The files of the modules that were imported since the last call."""
        library = os.path.dirname(os.__file__) + os.sep
        files = []
        self.modules = len(sys.modules)
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or file in self.known:
                continue
            self.known.add(file)
            if not file.startswith(library) or "-packages" + os.sep in file:
                files.append(os.path.abspath(file))
        return files

    def memory(self):
        """Whether this process has grown far beyond what it was when it had imported the app."""
        try:
            with open("/proc/self/statm", "rb") as file:
                now = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return
        if not self.most:
            self.most = 4 * now + (512 << 20)
        elif now > self.most:
            self.most *= 2
            self.tell(b"L"[0], str(now >> 20))

    def lenient(self, data):
        """Bytes for what should have been bytes, with one warning."""
        if isinstance(data, str):
            kind, fixed = "str", data.encode("utf-8")
        elif isinstance(data, (bytes, bytearray, memoryview)):
            return bytes(data)
        else:
            raise TypeError("the app gave %s where PEP 3333 asks for bytes" % type(data).__name__)
        code = getattr(self.app, "__code__", None) or getattr(getattr(self.app, "__call__", None), "__code__", None)
        place = "%s:%d" % (self.shorten(code.co_filename), code.co_firstlineno) if code else self.name
        if place not in self.told:
            self.told.add(place)
            self.tell(b"W"[0], "%s: the app gives %s; it was encoded in UTF-8, but PEP 3333 asks for bytes" % (place, kind))
        return fixed

    def shorten(self, file):
        return file[len(self.root) + 1 :] if file.startswith(self.root + os.sep) else file

    def failure(self):
        """The exception being handled: what, file, line, traceback."""
        import traceback

        kind, value, trace = sys.exc_info()
        told = traceback.TracebackException(kind, value, trace)
        told.stack[:] = [f for f in told.stack if not f.filename.startswith(("<stan", "<frozen importlib"))]
        what = "".join(told.format_exception_only()).strip().splitlines()
        file, line = "", 0
        inside = [f for f in told.stack if f.filename.startswith(self.root + os.sep) and "-packages" not in f.filename]
        for frame in (inside or list(told.stack))[-1:]:
            file, line = frame.filename, frame.lineno
        if isinstance(value, SyntaxError) and value.filename:
            file, line = os.path.abspath(value.filename), value.lineno or 0
        text = "".join(told.format())
        return "\0".join((what[-1] if what else kind.__name__, file, str(line), text.replace("\0", "")))

    def serve(self, sock, area):
        """Answers the requests of one connection, one after another."""
        try:
            raw = b""
            while True:
                source = Input(sock, raw, False, area)
                try:
                    kind, size = FRAME.unpack(source.take(5))
                except OSError:
                    return
                fields = source.take(size).decode("latin-1").split("\0")
                source.more = kind == WITH_BODY
                environ = self.base.copy()
                environ.update(zip(fields[::2], fields[1::2]))
                environ["wsgi.input"] = source
                idle = self.answer(sock, source, environ)
                raw = source.rest()
                self.served += 1
                if self.served % LOOK == 0:
                    self.memory()
                if len(sys.modules) != self.modules:
                    files = self.news()
                    if files:
                        self.tell(b"M"[0], "\0".join(files))
                if not idle:
                    sock.sendall(FRAME.pack(IDLE, 0))
        except OSError:
            pass
        finally:
            sock.close()
            if area:
                area.close()
            self.tell(b"T"[0])

    def answer(self, sock, source, environ):
        exchange = Exchange(self, sock, environ)
        try:
            return exchange.run(self.app, environ, source)
        except (BrokenPipeError, ConnectionResetError, Gone):
            # The client has left.
            raise Gone("nobody waits")
        except BaseException:
            told = self.failure().encode("utf-8", "replace")
            sock.sendall(FRAME.pack(FAILURE, len(told)) + told)
            return False

    def listen(self):
        """Orders of stan: a connection more, or the end."""
        space = socket.CMSG_SPACE(3 * struct.calcsize("i"))
        while True:
            try:
                order, extra, _, _ = self.control.recvmsg(1, space)
            except OSError:
                order = b""
            if not order:
                # stan has gone.
                os._exit(0)
            if order == b"Q":
                self.quit.set()
            for level, kind, data in extra:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    threading.Thread(target=self.serve, args=connection(data), daemon=True).start()

    def ready(self, app):
        """The app is there: answers until stan says that it is enough."""
        with self.lock:
            if self.started:
                app = None
            self.started = True
        if app is not None:
            self.app = app
            self.memory()
            self.tell(b"R"[0], "\0".join(self.news()))
            threading.Thread(target=self.listen, daemon=True).start()
        self.quit.wait()


def main(fields):
    kind, target, name, root, threads, processes = fields
    control = socket.socket(fileno=os.dup(0))
    control.setblocking(True)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.argv = [target]
    sys.path[0] = root
    # A cached module is known by second and size, and two saves may fall into one second.
    sys.dont_write_bytecode = True
    worker = Worker(control, name, root, int(threads), int(processes))
    sys.meta_path.append(FirstStan(worker))
    try:
        app = load(worker, kind, target)
    except BaseException:
        if worker.started:
            raise
        told = worker.failure()
        worker.tell(b"M"[0], "\0".join(worker.news()))
        worker.tell(b"X"[0], told)
        return
    worker.ready(app)
