"""What PEP 3333 says of start_response, the answer's iterable, the input and the file wrapper."""

import gzip
import io
import itertools
import os
import sys
import tempfile
import threading

TEXT = [("Content-Type", "text/plain")]
closed = []


class Answer:
    """An iterable of any kind of pieces, which remembers that it was closed."""

    def __init__(self, name, pieces):
        self.name, self.pieces = name, pieces

    def __iter__(self):
        return iter(self.pieces)

    def close(self):
        closed.append(self.name)


class Old:
    """Iterable as it was before there were iterators."""

    def __getitem__(self, place):
        return [b"old ", b"", b"style"][place]


def status(environ, start):
    start("299 Quite Fine", TEXT)
    return [b"fine"]


def wrong_header(environ, start):
    start("200 OK", TEXT + [("X-Echo", "a\r\nSet-Cookie: b=c")])
    return [b"never"]


def wrong_status(environ, start):
    start("fine", TEXT)
    return [b"never"]


def wrong_length(environ, start):
    start("200 OK", TEXT + [("Content-Length", "many")])
    return [b"never"]


def two_lengths(environ, start):
    start("200 OK", TEXT + [("Content-Length", "3"), ("Content-Length", "5")])
    return [b"abcde"]


def bytes_header(environ, start):
    start(b"200 OK", TEXT)
    return [b"never"]


def hop_by_hop(environ, start):
    fields = [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Keep-Alive", "timeout=1"), ("Upgrade", "x")]
    start("200 OK", TEXT + fields + [("Date", "Thu, 01 Jan 1970 00:00:00 GMT"), ("Server", "mine"), ("X-Latin", "\xe9")])
    return [b"plain"]


def twice(environ, start):
    start("200 OK", TEXT)
    start("201 Created", TEXT)
    return [b"never"]


def never(environ, start):
    return [b"no head"]


def never_empty(environ, start):
    return []


def nothing(environ, start):
    start("200 OK", TEXT)


def after_the_head(environ, start):
    start("200 OK", TEXT)

    def pieces():
        yield b"begun\n"
        try:
            raise KeyError("too late")
        except KeyError:
            start("500 Wrong", TEXT, sys.exc_info())
        yield b"never"

    return Answer("after_the_head", pieces())


def in_the_middle(environ, start):
    start("200 OK", TEXT)

    def pieces():
        yield b"begun\n"
        raise KeyError("in the middle")

    return Answer("in_the_middle", pieces())


def before_the_first(environ, start):
    def pieces():
        raise KeyError("before the first")
        yield b"never"

    start("200 OK", TEXT)
    return Answer("before_the_first", pieces())


def wrong_close(environ, start):
    class Wrong(Answer):
        def close(self):
            closed.append("wrong_close")
            raise KeyError("in close")

    start("200 OK", TEXT)
    return Wrong("", [b"all is sent"])


def late_start(environ, start):
    def pieces():
        yield b""
        start("202 Accepted", TEXT)
        yield b""
        yield b"late"

    return Answer("late_start", pieces())


def endless(environ, start):
    start("200 OK", TEXT + [("Content-Length", "10")])
    return Answer("endless", itertools.repeat(b"1234"))


def events(environ, start):
    start("200 OK", [("Content-Type", "text/event-stream")])
    return Answer("events", itertools.repeat(b"data: x\n\n"))


def short(environ, start):
    start("200 OK", TEXT + [("Content-Length", "10")])
    return Answer("short", iter([b"1234", b"56"]))


def exact(environ, start):
    start("200 OK", TEXT + [("Content-Length", "300000")])
    return Answer("exact", iter([b"x" * 100000] * 3))


def bodiless(environ, start):
    start("204 No Content", [])
    return Answer("bodiless", iter([b"not ", b"for ", b"you"]))


def kinds(environ, start):
    start("200 OK", TEXT)
    kind = environ["QUERY_STRING"]
    return {
        "tuple": (b"a", b"b"),
        "old": Old(),
        "set": {b"ab"},
        "bytearray": [bytearray(b"a"), memoryview(b"b")],
        "map": map(bytes.lower, [b"A", b"B"]),
        "bytes": b"ab",
        "dict": {b"a": 1, b"b": 2},
        "file": io.BytesIO(b"a\nb"),
        "empty": [],
    }[kind]


def reading(environ, start):
    source, how = environ["wsgi.input"], environ["QUERY_STRING"]
    start("200 OK", TEXT)
    got = {
        "read": lambda: [source.read(), source.read(), source.read(5)],
        "size": lambda: [source.read(3), source.read(0), source.read(100), source.read(1)],
        "line": lambda: [source.readline(), source.readline(2), source.readline(), source.readline(), source.readline()],
        "lines": lambda: source.readlines(),
        "hint": lambda: source.readlines(5) + [source.read()],
        "iter": lambda: list(source),
        "mixed": lambda: [source.read(1), source.readline(), source.read(2), next(iter(source)), source.read()],
    }[how]()
    return [repr(got).encode("ascii")]


def own_reset(environ, start):
    """What goes wrong between the app and somebody else."""
    raise ConnectionResetError("the database has gone")


def file(environ, start):
    name, _, how = environ["QUERY_STRING"].partition("&")
    extra = [("Content-Length", "200000")] if how == "part" else []
    start("200 OK", [("Content-Type", "application/octet-stream")] + extra)
    if how == "gzip":
        return environ["wsgi.file_wrapper"](gzip.open(name))
    if how == "loud":
        return environ["wsgi.file_wrapper"](Loud(open(name, "rb")))
    if how == "temporary":
        held = tempfile.NamedTemporaryFile()
        with open(name, "rb") as source:
            held.write(source.read())
        held.seek(0)
        return environ["wsgi.file_wrapper"](held)
    if how == "memory":
        with open(name, "rb") as source:
            return environ["wsgi.file_wrapper"](io.BytesIO(source.read()), 1000)
    return environ["wsgi.file_wrapper"](open(name, "rb"))


class Loud:
    """A file that reads otherwise than what lies on the disk."""

    def __init__(self, file):
        self.file = file

    def read(self, size=-1):
        return self.file.read(size).upper()

    def __getattr__(self, name):
        return getattr(self.file, name)


def path(environ, start):
    start("200 OK", TEXT)
    keys = ["SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_HOST", "HTTP_TRANSFER_ENCODING"]
    return [ascii([environ.get(key) for key in keys]).encode("ascii")]


def told(environ, start):
    """What was closed, and which of its threads answers."""
    start("200 OK", TEXT)
    number = threading.current_thread().name.split()[0].rsplit("-", 1)[-1]
    return ["\n".join([number] + closed).encode("ascii")]


def types(environ, start):
    start("200 OK", TEXT)
    assert type(environ) is dict and all(type(key) is str for key in environ)
    texts = {key: value for key, value in environ.items() if "." not in key}
    assert all(type(value) is str for value in texts.values()), texts
    assert not [key for key in texts if key in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH")]
    assert environ["wsgi.version"] == (1, 0) and environ["SERVER_NAME"] and environ["SERVER_PORT"]
    environ["wsgi.errors"].writelines(["a word\n", "to wsgi.errors\n"])
    environ["wsgi.errors"].flush()
    environ.clear()
    return [b"as they should be"]


class Lazy(type(sys)):
    def __getattr__(self, name):
        raise ImportError("this is only imported when it is needed")


def lazy(environ, start):
    sys.modules["lazy_%d" % len(sys.modules)] = Lazy("lazy")
    start("200 OK", TEXT)
    return [b"lazy"]


def app(environ, start):
    if environ["PATH_INFO"].startswith("/path"):
        return path(environ, start)
    return globals()[environ["PATH_INFO"][1:]](environ, start)
