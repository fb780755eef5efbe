"""Threads that are busy in every way, and a process that the app has started."""

import subprocess
import sys
import time

helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/sleep":
        time.sleep(3600)
    if path == "/deaf":
        while True:
            try:
                time.sleep(3600)
            except BaseException:
                pass
    if path == "/read":
        environ["wsgi.input"].read(1 << 40)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return forever() if path == "/stream" else [b"well"]


def forever():
    while True:
        yield b"and on and on\n" * 100
        time.sleep(0.01)
