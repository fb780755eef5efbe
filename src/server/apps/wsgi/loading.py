# Finds the app that was named, or says what is there instead.


# What modules are called that are pages of a folder.
PAGE = "stan_page_"


def named(worker, module, expression):
    """`app`, `site.app`, `create_app()`, `create_app("dev", debug=True)`, or nothing: what there is."""
    if not expression:
        return only(module)
    path, arguments, keywords = expression, None, {}
    if "(" in expression:
        import ast

        try:
            call = ast.parse(expression, mode="eval").body
            arguments = [ast.literal_eval(a) for a in call.args]
            keywords = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
        except (SyntaxError, ValueError, AttributeError):
            raise ValueError("%s is no call with literal arguments, such as create_app(\"dev\")" % expression) from None
        path = expression.partition("(")[0]
    found, way = module, module.__name__
    for part in path.strip().split("."):
        if not hasattr(found, part):
            raise LookupError("%s has no %s; it has %s" % (way, part, offers(found)))
        found, way = getattr(found, part), way + "." + part
    if arguments is not None:
        if not callable(found):
            raise TypeError("%s cannot be called" % way)
        found = found(*arguments, **keywords)
        way += "()"
    if not callable(found):
        raise TypeError("%s is %s and no WSGI app: it cannot be called" % (way, type(found).__name__))
    return found


def only(module):
    for name in ("application", "app"):
        found = getattr(module, name, None)
        if callable(found):
            return found
    views = sys.modules.get("server_connect")
    for found in vars(module).values():
        if views is not None and isinstance(found, getattr(views, "Application", ())):
            return found
    there = vars(module)
    made = [name for name in ("create_app", "make_app", "make", "get_wsgi_application") if callable(there.get(name))]
    advice = '; name it as "%s:%s()"' % (module.__name__, made[0]) if made else ""
    file = getattr(module, "__file__", None)
    name = os.path.basename(file) if module.__name__.startswith(PAGE) and file else module.__name__
    raise LookupError("%s has no application and no app; it has %s%s" % (name, offers(module), advice))


def offers(holder):
    """What can be called there, in words."""
    names = [name for name, value in vars(holder).items() if callable(value) and not name.startswith("_")]
    return ", ".join(names[:20]) or "nothing that can be called"


def from_file(path, name):
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("%s is no Python file" % path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


class Folder:
    """`/ctime.py/rest` is answered by `application` of ctime.py, imported when it is first asked for."""

    def __init__(self, folder):
        self.folder, self.apps, self.lock = os.path.realpath(folder), {}, threading.Lock()

    def __call__(self, environ, start_response):
        parts = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").split("/")[1:]
        for count, part in enumerate(parts, 1):
            if not part or part[0] in "._" or "\\" in part:
                break
            if part.endswith(".py"):
                path = os.path.realpath(os.path.join(self.folder, *parts[:count]))
                if not path.startswith(self.folder + os.sep) or not os.path.isfile(path):
                    break
                head = "/" + "/".join(parts[:count])
                environ["SCRIPT_NAME"] += head.encode("utf-8").decode("latin-1")
                environ["PATH_INFO"] = "".join("/" + p for p in parts[count:]).encode("utf-8").decode("latin-1")
                app = self.app(path)
                exchange = getattr(start_response, "__self__", None)
                if exchange is not None:
                    exchange.app = app
                return app(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"404 Not found\nThere is no Python page at this address.\n"]

    def app(self, path):
        with self.lock:
            if path not in self.apps:
                name = "".join(c if c.isalnum() else "_" for c in os.path.relpath(path, self.folder)[:-3])
                self.apps[path] = only(from_file(path, PAGE + name))
            return self.apps[path]


def load(worker, kind, target):
    if kind == "folder":
        sys.path.insert(0, target)
        return Folder(target)
    if kind == "file":
        sys.path[0] = os.path.dirname(target)
        name = os.path.splitext(os.path.basename(target))[0]
        module = from_file(target, name)
        return None if worker.started else only(module)
    import importlib

    name, _, expression = target.partition(":")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name and not name.startswith((error.name or "?") + "."):
            raise
        there = sorted(
            entry.name[:-3] if entry.name.endswith(".py") else entry.name
            for entry in os.scandir(worker.root)
            if entry.name.endswith(".py") or os.path.isfile(os.path.join(entry.path, "__init__.py"))
        )
        text = ", ".join(there[:20]) or "no modules at all"
        raise LookupError("there is no module %s in %s; there is %s" % (error.name, worker.root, text)) from None
    return None if worker.started else named(worker, module, expression.strip())


def as_before(root, known):
    """Imports what the app had imported before: some of it may be imported late, and may be broken by now."""
    import importlib

    loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    for file in known:
        if not file.endswith(".py") or file in loaded or not file.startswith(root + os.sep) or not os.path.isfile(file):
            continue
        above = [entry for entry in sys.path if entry and file.startswith(entry.rstrip(os.sep) + os.sep)]
        parts = os.path.relpath(file, max(above, key=len, default=root))[:-3].split(os.sep)
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            importlib.import_module(".".join(parts))


class FirstStan:
    """Gives `server_connect` to those who import it and have none of their own."""

    def __init__(self, worker):
        self.worker = worker

    def find_spec(self, name, path=None, target=None):
        if name != "server_connect":
            return None
        import importlib.machinery

        return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(SERVER_CONNECT, "<stan server_connect.py>", "exec"), module.__dict__)
        module.hand_over = self.worker.ready
