"""A wire between a client and a server on loopback that breaks when it is told to."""

import socket
import threading
from contextlib import suppress

HOST = "127.0.0.1"


class Wire:
    """Passes bytes both ways; `cut_after` closes the line once that many more bytes came from the server."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server((HOST, 0))
        self.port = self._listening.getsockname()[1]
        self.cut_after: int | None = None
        self.stalls = False
        self.lines = 0
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._open:
            _shut(one)
        for thread in self._threads:
            thread.join(timeout=5)
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.lines += 1
            server = socket.create_connection((HOST, self._target))
            self._open += [client, server]
            for start, end, is_answer in ((client, server, False), (server, client, True)):
                thread = threading.Thread(target=self._pass, args=(start, end, is_answer), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass(self, start: socket.socket, end: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := start.recv(65536):
                if is_answer and self.stalls:
                    continue
                if is_answer and self.cut_after is not None:
                    self.cut_after -= len(data)
                    if self.cut_after < 0:
                        self.cut_after = None
                        break
                end.sendall(data)
        _shut(start)
        _shut(end)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
