"""Free TCP ports: looked for, not assumed."""

import errno
import socket
from collections.abc import Collection

from playground.errors import PlaygroundError

SEARCHED = 500


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port of this address, and no other one listens on all addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that lingers is no server
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def free(preferred: int, address: str = "127.0.0.1", taken: Collection[int] = ()) -> int:
    """The first free port from `preferred` on that is not in `taken`; PlaygroundError where there is none."""
    for port in range(preferred, min(preferred + SEARCHED, 65536)):
        if port not in taken and is_free(port, address):
            return port
    raise PlaygroundError(f"no free TCP port on {address} from {preferred} to {preferred + SEARCHED - 1}")
