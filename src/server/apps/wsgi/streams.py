# What goes over a connection: frames, and what an app reads and sends by them.

import io
import os
import socket
import struct
import sys
import threading
import time

FRAME = struct.Struct(">BI")
# From stan: a request without or with a body, a piece of it, its end, a body that was cut short.
PLAIN, WITH_BODY, DATA, END, CUT = b"RPDEX"
# To stan: an answer's head, an answer that is a file, a failure, an end after which close() is still to run, and idle.
HEAD, FILE, FAILURE, ENDED, IDLE = b"HSFeI"
PIECE = 65536
SMALL = 131072
PLAIN_FILES = (io.BufferedReader, io.BufferedRandom, io.FileIO)


class Gone(OSError):
    """stan has closed the connection: nobody waits for the answer any more."""


class Input:
    """wsgi.input: what was sent and never more."""

    def __init__(self, sock, raw, more, ready=b""):
        self.sock, self.raw, self.more, self.ready = sock, raw, more, ready

    def take(self, size):
        raw = self.raw
        while len(raw) < size:
            piece = self.sock.recv(max(size - len(raw), PIECE) if size < PIECE else size - len(raw))
            if not piece:
                raise Gone("stan has closed the connection")
            raw = raw + piece if raw else piece
        self.raw = raw[size:]
        return raw[:size]

    def fill(self):
        """The next piece of the body; empty at its end."""
        if not self.more:
            return b""
        kind, size = FRAME.unpack(self.take(5))
        if kind == DATA:
            return self.take(size)
        self.more = False
        if kind == CUT:
            raise OSError("the body of the request was cut short")
        return b""

    def read(self, size=-1):
        if size is None or size < 0:
            pieces = [self.ready]
            piece = self.fill()
            while piece:
                pieces.append(piece)
                piece = self.fill()
            self.ready = b""
            return b"".join(pieces)
        pieces, have = [self.ready], len(self.ready)
        while have < size:
            piece = self.fill()
            if not piece:
                break
            pieces.append(piece)
            have += len(piece)
        whole = b"".join(pieces)
        self.ready = whole[size:]
        return whole[:size]

    def readline(self, size=-1):
        most = sys.maxsize if size is None or size < 0 else size
        pieces, have, piece = [], 0, self.ready or self.fill()
        while piece:
            end = piece.find(b"\n") + 1
            if end or have + len(piece) >= most:
                end = min(end or len(piece), most - have)
                pieces.append(piece[:end])
                self.ready = piece[end:]
                return b"".join(pieces)
            pieces.append(piece)
            have += len(piece)
            piece = self.fill()
        self.ready = b""
        return b"".join(pieces)

    def readlines(self, hint=-1):
        lines, have = [], 0
        for line in self:
            lines.append(line)
            have += len(line)
            if hint is not None and 0 < hint <= have:
                break
        return lines

    def __iter__(self):
        return iter(self.readline, b"")

    def rest(self):
        """Reads on to the end of the body; gives what came after it."""
        while self.more:
            try:
                self.fill()
            except Gone:
                raise
            except OSError:
                pass
        return self.raw


class FileWrapper:
    """wsgi.file_wrapper: a file in blocks."""

    def __init__(self, filelike, blksize=PIECE):
        self.filelike, self.blksize = filelike, max(blksize, PIECE)
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return iter(lambda: self.filelike.read(self.blksize), self.filelike.read(0))

    def place(self):
        """Where stan finds what is left of the file, if it is worth it: path, inode, start, end."""
        try:
            held = self.filelike
            # What tempfile gives has the file within.
            held = held.file if type(held).__name__ == "_TemporaryFileWrapper" else held
            # Only of these it is known that they read what lies on the disk: a GzipFile has a fileno() too.
            if type(held) not in PLAIN_FILES or type(getattr(held, "raw", held)) is not io.FileIO:
                return None
            file, start = os.fstat(held.fileno()), held.tell()
            name = os.path.abspath(held.name)
            there = os.stat(name)
        except (AttributeError, OSError, TypeError, ValueError):
            return None
        same = (file.st_dev, file.st_ino) == (there.st_dev, there.st_ino)
        if not same or file.st_mode & 0o170000 != 0o100000 or file.st_size - start < SMALL:
            return None
        return b"%s\0%d\0%d\0%d\0" % (os.fsencode(name), file.st_ino, start, file.st_size)
