"""A door in front of a server on TCP: while it is shut, nobody gets through, and who was inside is thrown out."""

import contextlib
import selectors
import socket
import threading

PIECE = 65536
POLL_SECONDS = 0.1


class Door:
    """`address` is host:port on the loopback interface, the same whenever it is open."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self._listening = self._listen(0)
        self.port: int = self._listening.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._shut = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(self._listening,), daemon=True)
        self._thread.start()

    def shut(self) -> None:
        """Nobody gets through any more."""
        self._shut.set()
        self._thread.join()

    def open(self) -> None:
        """As before."""
        self._shut.clear()
        self._listening = self._listen(self.port)
        self._thread = threading.Thread(target=self._serve, args=(self._listening,), daemon=True)
        self._thread.start()

    @staticmethod
    def _listen(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=128)

    def _serve(self, listening: socket.socket) -> None:
        """One thread for all connections: what comes in on one side goes out on the other."""
        other: dict[socket.socket, socket.socket] = {}
        with selectors.DefaultSelector() as selector, listening:
            selector.register(listening, selectors.EVENT_READ)
            while not self._shut.is_set():
                for key, _ in selector.select(POLL_SECONDS):
                    if key.fileobj is listening:
                        self._accept(listening, selector, other)
                    elif isinstance(key.fileobj, socket.socket) and key.fileobj in other:
                        self._pass_on(key.fileobj, selector, other)
            for each in other:
                each.close()

    def _accept(
        self, listening: socket.socket, selector: selectors.BaseSelector, other: dict[socket.socket, socket.socket]
    ) -> None:
        inside = listening.accept()[0]
        try:
            outside = socket.create_connection(self.target, timeout=5)
        except OSError:
            inside.close()
            return
        other[inside], other[outside] = outside, inside
        for each in (inside, outside):
            selector.register(each, selectors.EVENT_READ)

    @staticmethod
    def _pass_on(
        source: socket.socket, selector: selectors.BaseSelector, other: dict[socket.socket, socket.socket]
    ) -> None:
        with contextlib.suppress(OSError):
            data = source.recv(PIECE)
            if data:
                other[source].sendall(data)
                return
        for each in (source, other[source]):
            other.pop(each, None)
            selector.unregister(each)
            each.close()
