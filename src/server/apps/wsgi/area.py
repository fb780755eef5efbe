# Memory that is shared with stan: large pieces of bodies lie there, and only where they lie goes over the
# connection. `area.rs` beside this says who fills which part of it, and when.

import select

PLACE = struct.Struct(">BIII")
# Either way: a piece that lies in the area, and the wish to hear when all that lies there has been read.
AREA, ROOM = b"AW"
ASK = FRAME.pack(ROOM, 0)
# A piece of fewer bytes goes over the connection.
LARGE = 32768


def received(control, size):
    """Bytes of the control connection, and descriptors that came with them."""
    item = struct.calcsize("i")
    # What the app starts is to keep none of them open.
    data, extra, _, _ = control.recvmsg(size, socket.CMSG_SPACE(3 * item), getattr(socket, "MSG_CMSG_CLOEXEC", 0))
    fds = []
    for level, kind, bits in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds += struct.unpack("%di" % (len(bits) // item), bits[: len(bits) // item * item])
    for fd in fds:
        os.set_inheritable(fd, False)
    return data, fds


class Connection:
    """One of the worker's connections for answers."""

    def __init__(self, number, fds):
        self.number, self.sock = number, socket.socket(fileno=fds[0])
        self.area = Area(self.sock, fds[1], socket.socket(fileno=fds[2])) if len(fds) == 3 else None

    def returned(self):
        """Whether stan has said that it may be used again; None where it has closed it."""
        try:
            return True if self.sock.recv(1, socket.MSG_DONTWAIT) else None
        except BlockingIOError:
            return False
        except OSError:
            return None

    def close(self):
        self.sock.close()
        if self.area is not None:
            self.area.close()


class Area:
    """The memory that belongs to one connection, and the bell by which who waits for room is told."""

    def __init__(self, sock, memory, bell):
        self.memory, self.bell = memory, bell
        # Whoever waits in recv itself is woken for nothing when stan has read what was sent (unix_write_space).
        poller = select.poll()
        poller.register(sock, select.POLLIN)
        self.wait = poller.poll
        self.map, self.half, self.at, self.end = None, 0, 0, 0

    def open(self):
        """The memory, mapped when it is first needed."""
        if self.map is None:
            import mmap

            size = os.fstat(self.memory).st_size
            self.map, self.half = mmap.mmap(self.memory, size), size // 2
            os.close(self.memory)
            self.memory = -1
        return self.map

    def ring(self):
        """All that lay there has been read."""
        self.bell.sendall(b".")

    def begin(self):
        """A request begins: nothing lies there."""
        self.at = self.end = 0

    def send(self, sock, before, data, after, source):
        """Sends frames, a large piece, and frames."""
        memory = self.open()
        if not self.end:
            # What the request's body needs no more is still in the processor's cache.
            self.at, self.end = self.half if source.more else 0, 2 * self.half
        if self.at == self.end or self.end - self.at < len(data):
            data = memoryview(data)
        while True:
            size = min(len(data), self.end - self.at)
            if size:
                memory[self.at : self.at + size] = data if size == len(data) else data[:size]
                before += PLACE.pack(AREA, 8, self.at, size)
                self.at += size
            if size == len(data):
                sock.sendall(before + after)
                return
            data = data[size:]
            sock.sendall(before + ASK)
            if not self.bell.recv(1):
                raise Gone("stan has closed the connection")
            before, self.at = b"", self.half if source.more else 0

    def close(self):
        self.bell.close()
        if self.map is not None:
            self.map.close()
        elif self.memory >= 0:
            os.close(self.memory)
            self.memory = -1
