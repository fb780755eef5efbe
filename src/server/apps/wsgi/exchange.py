# One request and its answer.

# Statuses of answers that have no body (RFC 9110, sections 15.3.5 and 15.4.5).
BODILESS = ("204", "304")


class Exchange:
    head, sent, done = None, False, False
    # The end has been sent; and with it that all is done.
    ended, idle = False, False
    # Its own connection, once the answer is more than one small piece; and whether stan has closed that.
    home, area, gone = None, None, False
    # What answers, where the worker's app has handed the request on; and what closes the answer.
    app, close = None, None

    def __init__(self, crew, ident, bodiless):
        self.crew, self.ident = crew, ident
        self.to_head = self.bodiless = bodiless

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
        try:
            for pair in headers:
                fields += pair
            head = "\0".join(fields)
        except TypeError:
            raise TypeError("status and headers have to be str (PEP 3333): %r, %r" % (status, headers)) from None
        if len(fields) % 2 == 0:
            raise ValueError("each header has to be a name and a value (PEP 3333): %r" % (headers,))
        if head.count("\0") != len(fields) - 1:
            raise ValueError("a header holds a NUL: %r" % (headers,))
        if "\n" in head or "\r" in head:
            raise ValueError("the status or a header holds a line break: %r, %r" % (status, headers))
        self.head = head.encode("latin-1")
        self.bodiless = self.to_head or status[:3] in BODILESS
        return self.write

    def declares(self, size):
        """Whether that is the Content-Length of the answer."""
        return self.head is not None and b"\0content-length\0%d\0" % size in self.head.lower() + b"\0"

    def turn(self):
        """From here on it goes over a connection of its own."""
        if self.home is None:
            self.home = self.crew.connection()
            self.area = self.home.area
            if self.area is not None:
                self.area.begin()
            self.crew.out.append(ALONE.pack(TURN, 9, self.ident) + bytes((self.home.number,)))
            self.crew.flush()
        return self.home.sock

    def send(self, frames, data=b"", after=b""):
        """Sends frames, a piece of the body, and frames."""
        if self.gone:
            raise Gone("nobody waits")
        try:
            home = self.turn()
            if len(data) >= LARGE and self.area is not None:
                self.area.send(home, frames, data, after, self.source)
            elif data:
                home.sendall(b"".join((frames, FRAME.pack(DATA, len(data)), data, after)))
            else:
                home.sendall(frames + after)
        except OSError:
            self.gone = True
            raise Gone("nobody waits") from None

    def opening(self):
        """The head, once."""
        if self.head is None:
            raise AssertionError("the app sent data, or returned, before it called start_response (PEP 3333)")
        self.sent = True
        return FRAME.pack(HEAD, len(self.head)) + self.head

    def write(self, data, after=b""):
        if type(data) is not bytes:
            data = self.crew.worker.lenient(data, self.app)
        if self.done or self.sent and (self.bodiless or not data):
            return
        head = b"" if self.sent else self.opening()
        self.send(head, b"" if self.bodiless else data, after)

    def complete(self, data, last):
        """Tells all of the answer; nothing that follows is sent. Unless it is the `last` thing, the app goes on."""
        data = b"" if self.bodiless else data
        if self.head is None:
            self.opening()
        if self.home or len(data) > SMALL:
            self.write(data, self.ending(last))
        else:
            head = self.head
            frame = ASKED.pack(ANSWER, 12 + len(head) + len(data), self.ident, len(head))
            self.crew.out.append(b"".join((frame, head, data)))
            self.sent = True
        self.done = True

    def ending(self, last):
        """The frame of the end; the last one where nothing is left to do after it."""
        self.ended, self.idle = True, last and self.close is None and not self.source.more
        return FRAME.pack(END if self.idle else ENDED, 0)

    def run(self, app, environ, source):
        result = app(environ, self.start_response)
        if type(result) is str:
            result = [self.crew.worker.lenient(result, self.app)]
        self.close = getattr(result, "close", None)
        try:
            kind = type(result)
            if kind is list and len(result) == 1 and type(result[0]) is bytes and not self.sent:
                self.complete(result[0], True)
            elif result is None:
                raise TypeError("the app returned None; it has to return an iterable of bytes (PEP 3333)")
            elif not (kind is FileWrapper and self.file(result)):
                self.pieces(result, kind is list or kind is tuple)
            if self.home and not self.ended:
                self.send(self.ending(True))
        finally:
            if self.close is not None:
                self.close()

    def pieces(self, result, at_hand):
        if at_hand and not self.sent and all(type(data) is bytes for data in result):
            self.complete(b"".join(result), True)
            return
        for data in result:
            if data is None or type(data) is int:
                self.crew.worker.lenient(data)
            if not data:
                continue
            if self.bodiless:
                # Nobody would hear the rest, which may have no end.
                break
            if not self.sent and type(data) is bytes and self.declares(len(data)):
                # What follows, if anything does, is no more than work after the answer.
                self.complete(data, False)
            else:
                self.write(data)
        if not self.sent:
            self.complete(b"", True)

    def file(self, result):
        """Has stan send the file, if it can."""
        place = None if self.bodiless or self.sent or self.head is None or self.source.more else result.place()
        if place:
            self.opening()
            self.send(FRAME.pack(FILE, len(place) + len(self.head)) + place + self.head)
            # It may be gone once it is closed, so stan says when it has it.
            Input(self.home.sock, self.area, False).take(FRAME.size)
        return bool(place)

    def failed(self, told):
        data = told.encode("utf-8", "replace")
        if self.home:
            try:
                self.send(FRAME.pack(FAILURE, len(data)) + data)
            except Gone:
                pass
        else:
            self.crew.out.append(ALONE.pack(FAILURE, 8 + len(data), self.ident) + data)

    def settle(self):
        """Has read whatever was sent, so that the connection may serve again."""
        if not self.idle:
            try:
                self.source.rest()
                self.send(FRAME.pack(IDLE, 0))
            except Gone:
                self.gone = True
