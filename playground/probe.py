"""Asks a server whether it is there."""

import contextlib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Collection
from pathlib import Path

# Never through a proxy: all that is asked here runs on this host.
_unverified = ssl.create_default_context()
_unverified.check_hostname = False
_unverified.verify_mode = ssl.CERT_NONE
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_unverified))


def http(url: str, accepted: Collection[int] = (200,), seconds: float = 2.0) -> bool:
    """Whether this address answers with one of these status codes. Certificates are not looked at: nothing is sent."""
    try:
        with _opener.open(url, timeout=seconds) as response:
            return response.status in accepted
    except urllib.error.HTTPError as error:
        return error.code in accepted
    except (OSError, ValueError):
        return False


def tcp(host: str, port: int, seconds: float = 1.0, source: str = "") -> bool:
    """Whether a server accepts connections at this address; asked from an address of our own, where one is given."""
    try:
        socket.create_connection((host, port), timeout=seconds, source_address=(source, 0)).close()
    except OSError:
        return False
    return True


def unix(path: Path) -> bool:
    """Whether a server listens on this unix socket."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True
