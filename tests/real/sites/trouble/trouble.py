"""An app that prints, hangs, crashes and grows."""

import ctypes
import os
import sys
import threading

kept = []


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/print":
        print("printed to stdout")
        print("printed to stderr", file=sys.stderr)
        environ["wsgi.errors"].write("written to wsgi.errors\n")
        os.write(1, b"not by\xff Python\n")
    if path == "/hang":
        threading.Event().wait()
    if path == "/exit":
        os._exit(7)
    if path == "/sys-exit":
        sys.exit("the app has had enough")
    if path == "/segfault":
        ctypes.string_at(0)
    if path == "/grow":
        kept.append(b"x" * (700 << 20))
    if path == "/half":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return half()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d" % os.getpid()]


def half():
    yield b"the first half\n"
    os._exit(8)
