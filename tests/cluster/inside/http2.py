"""HTTP/2 without TLS, as far as one call needs it: frames, and header fields that are written out in full.

It runs in a container beside nothing but the standard library, as a part of the programs that answer and call.
"""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, GOAWAY = 0, 1, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame's bytes."""
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def fields(pairs: list[tuple[str, str]]) -> bytes:
    """Header fields that use no table and no compression; names and values of less than 127 bytes."""
    return b"".join(b"\0" + bytes((len(one),)) + one.encode() + bytes((len(two),)) + two.encode() for one, two in pairs)


def exactly(peer: socket.socket, count: int) -> bytes:
    """So many bytes; EOFError where fewer come."""
    found = b""
    while len(found) < count:
        more = peer.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def received(peer: socket.socket) -> tuple[int, int, int, bytes]:
    """The next frame that is no housekeeping: kind, flags, stream, payload."""
    while True:
        head = exactly(peer, 9)
        payload = exactly(peer, int.from_bytes(head[:3], "big"))
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind == SETTINGS and not flags & ACK:
            peer.sendall(frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            peer.sendall(frame(PING, ACK, 0, payload))
        elif kind in (DATA, HEADERS):
            return kind, flags, stream, payload
        elif kind == GOAWAY:
            raise EOFError
