# What goes over a connection: frames, and what an app reads and sends by them.

import io
import os
import socket
import struct
import sys
import threading
import time

FRAME = struct.Struct(">BI")
# From stan: a request whose body follows, a piece of it, its end, a body that was cut short.
WITH_BODY, DATA, END, CUT = b"PDEX"
# To stan: an answer's head, an answer that is a file, a failure, an end after which close() is still to run, and idle.
HEAD, FILE, FAILURE, ENDED, IDLE = b"HSFeI"
PIECE = 65536
SMALL = 131072
PLAIN_FILES = (io.BufferedReader, io.BufferedRandom, io.FileIO)


class Gone(OSError):
    """stan has closed the connection: nobody waits for the answer any more."""


class Input:
    """wsgi.input: what was sent and never more."""

    def __init__(self, sock, area, more, ready=b""):
        self.sock, self.area, self.more, self.raw = sock, area, more, b""
        # What has come of the body and was not read yet: a part of some bytes, or of the area.
        self.piece, self.at, self.end = ready, 0, len(ready)

    def need(self, size):
        """Has so many bytes of the connection at hand."""
        raw = self.raw
        while len(raw) < size:
            if self.area is not None:
                self.area.wait()
            piece = self.sock.recv(max(size - len(raw), PIECE) if size < PIECE else size - len(raw))
            if not piece:
                raise Gone("stan has closed the connection")
            raw = raw + piece if raw else piece
        self.raw = raw

    def take(self, size):
        self.need(size)
        raw = self.raw
        self.raw = raw[size:]
        return raw[:size]

    def fill(self):
        """Whether there is more of the body; the next piece of it where all has been read."""
        while self.at == self.end:
            if not self.more:
                return False
            kind, size = FRAME.unpack(self.take(5))
            if kind == DATA:
                self.piece, self.at, self.end = self.take(size), 0, size
            elif kind == AREA:
                _, _, self.at, size = PLACE.unpack(b"\0\0\0\0\0" + self.take(8))
                self.piece, self.end = self.area.open(), self.at + size
            elif kind == ROOM:
                self.area.ring()
            else:
                self.more = False
                if kind == CUT:
                    raise OSError("the body of the request was cut short")
        return True

    def extend(self, size):
        """Waits for what follows in the area, so that so many bytes lie there in one piece."""
        while self.more and self.end - self.at < size:
            self.need(5)
            if self.raw[0] != AREA:
                return
            self.need(PLACE.size)
            _, _, at, more = PLACE.unpack_from(self.raw)
            if at != self.end:
                return
            self.end += more
            self.raw = self.raw[PLACE.size :]

    def some(self, size):
        """What lies there, no more than so many bytes."""
        at = self.at
        self.at = min(self.end, at + size)
        data = self.piece[at : self.at]
        if self.at == self.end:
            self.piece = b""
            if self.raw[:1] == b"E":
                self.fill()
        return data

    def read(self, size=-1):
        if size is None or size < 0:
            size = sys.maxsize
        pieces = []
        while size > 0 and self.fill():
            if self.piece.__class__ is not bytes:
                self.extend(size)
            pieces.append(self.some(size))
            size -= len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readline(self, size=-1):
        if size is None or size < 0:
            size = sys.maxsize
        pieces = []
        while size > 0 and self.fill():
            end = self.piece.find(b"\n", self.at, self.end) + 1 or self.end
            pieces.append(self.some(min(size, end - self.at)))
            size -= len(pieces[-1])
            if pieces[-1].endswith(b"\n"):
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

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
        """Reads on to the end of the body."""
        self.piece, self.at = b"", self.end
        while self.more:
            try:
                self.fill()
            except Gone:
                raise
            except OSError:
                pass
            self.piece, self.at = b"", self.end


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
