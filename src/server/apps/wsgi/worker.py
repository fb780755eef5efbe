# Runs a WSGI app (PEP 3333) in the user's own interpreter, for the stan that started it.
#
# stan sends this text over the socket that is descriptor 0; `wsgi.rs` beside it describes the
# protocol. Python 3.8 to 3.14, nothing but the standard library; what costs time is imported late.


IMPORTLIB = os.path.join(os.path.dirname(os.__file__), "importlib", "__init__.py")
# Characters of a traceback that are told.
LONGEST = 200000


class Worker:
    """What all connections of this process share."""

    def __init__(self, control, name, root, threads, processes):
        self.control, self.name, self.root, self.threads = control, name, root, threads
        self.lock, self.quit = threading.Lock(), threading.Event()
        self.known, self.modules, self.told = set(), 0, set()
        self.app, self.crew, self.started = None, None, False
        self.most = 0
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
            # Not by getattr: some modules answer to that by importing more, or fail.
            file = getattr(module, "__dict__", {}).get("__file__")
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

    def lenient(self, data, app=None):
        """Bytes for what should have been bytes, with one warning for each `app`, if it is not the worker's."""
        if isinstance(data, str):
            kind, fixed = "str", data.encode("utf-8")
        elif isinstance(data, (bytes, bytearray, memoryview)):
            return bytes(data)
        else:
            raise TypeError("the app gave %s where PEP 3333 asks for bytes" % type(data).__name__)
        app = app or self.app
        code = getattr(app, "__code__", None) or getattr(getattr(app, "__call__", None), "__code__", None)
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
        told.stack[:] = [f for f in told.stack if not f.filename.startswith(("<stan", "<frozen importlib")) and f.filename != IMPORTLIB]
        what = "".join(told.format_exception_only()).strip().splitlines()
        file, line = "", 0
        inside = [f for f in told.stack if f.filename.startswith(self.root + os.sep) and "-packages" not in f.filename]
        for frame in (inside or list(told.stack))[-1:]:
            file, line = frame.filename, frame.lineno
        if isinstance(value, SyntaxError) and value.filename:
            file, line = os.path.abspath(value.filename), value.lineno or 0
        text = "".join(told.format())
        if len(text) > LONGEST:
            text = text[: LONGEST // 2] + "\n[...]\n" + text[-LONGEST // 2 :]
        what = [what[-1][:1000]] if what else []
        return "\0".join((what[-1] if what else kind.__name__, file, str(line), text.replace("\0", "")))

    def more_files(self):
        """Tells stan what has been imported meanwhile."""
        files = self.news()
        if files:
            try:
                self.tell(b"M"[0], "\0".join(files))
            except OSError:
                # stan has gone.
                os._exit(0)

    def listen(self, threads):
        """Orders of stan, to its end or ours."""
        crew = None
        while True:
            try:
                order, fds = received(self.control, 2)
                if len(order) == 1:
                    order += self.control.recv(1)
            except OSError:
                order = b""
            if len(order) < 2:
                # stan has gone.
                os._exit(0)
            kind, number = order
            if kind == b"K"[0]:
                crew = self.crew = Crew(self, socket.socket(fileno=fds[0]), threads)
            elif kind == b"C"[0]:
                crew.give(Connection(number, fds))
            elif kind == b"W"[0]:
                crew.stalled()
            elif kind == b"B"[0]:
                crew.give_back()
            else:
                self.quit.set()

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
            threading.Thread(target=self.listen, args=(self.threads,), daemon=True).start()
        self.quit.wait()
        # What an app does after its answer has been had is waited for as long as stan has patience.
        while self.crew and any(self.crew.busy):
            time.sleep(0.01)


def main(fields):
    kind, target, name, root, threads, processes, *known = fields
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
        if not worker.started and kind != "folder":
            as_before(root, known)
    except BaseException:
        if worker.started:
            raise
        told = worker.failure()
        worker.tell(b"M"[0], "\0".join(worker.news()))
        worker.tell(b"X"[0], told)
        return
    worker.ready(app)
