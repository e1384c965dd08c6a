"""One HTTP request of an `http` resource: its text with the stack's data in it, sent to a host that may be called."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hooks import guard
from hooks.contract import Problem, Scope, Unreachable

if TYPE_CHECKING:
    from hooks.world import World

ANSWER_BYTES = 1024 * 1024
PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
OF_SCOPE = ("label", "stack", "service")


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it is sent. `url` is whole, or a path on the server that `provider` names."""

    method: str
    url: str
    provider: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


def filled(value: Any, scope: Scope, further: Mapping[str, str] | None = None) -> Any:
    """The value with `{label}`, `{stack}`, `{service}` in its texts replaced, and what `further` names; other braces
    stay as they are."""
    known = {each: str(getattr(scope, each)) for each in OF_SCOPE} | dict(further or {})
    if isinstance(value, str):
        return PLACE.sub(lambda found: known.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {filled(key, scope, further): filled(each, scope, further) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, scope, further) for each in value]
    return value


def target(world: "World", url: str, provider: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, address) of a call, after all that speaks against it was asked. Problem, Unreachable."""
    whole = whole_url(world, url, provider)
    parts = urlsplit(whole)
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Problem(f"`{url}` has no port between 1 and 65535") from error
    allowed = guard.Allowed.parse(world.env.get(guard.ALLOW, ""))
    if provider:  # the operator named it
        allowed = guard.Allowed(allowed.hosts | {host.lower().rstrip(".")}, allowed.networks)
    return parts.scheme, host, port, guard.pinned(host, port, allowed)


def whole_url(world: "World", url: str, provider: str) -> str:
    """The address with its host. Problem where the operator names no server for the provider."""
    if not provider:
        return url
    base = world.provided(provider, "URL")
    if not base:
        variable = f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_URL"
        raise Problem(f"no server `{provider}` is known here", f"The operator sets {variable} in the provider Secret.")
    return base.rstrip("/") + url


def send(world: "World", call: Call) -> Answer:
    """Send it once, to the very address that was asked about; redirects are not followed. Problem, Unreachable."""
    scheme, host, port, address = target(world, call.url, call.provider)
    parts = urlsplit(whole_url(world, call.url, call.provider))
    headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "devstack", **call.headers}
    token = world.provided(call.provider, "TOKEN") if call.provider else ""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    where = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    from urllib3.exceptions import HTTPError, SSLError

    try:
        answer = connection(scheme, host, port, address, call.timeout).urlopen(
            call.method, where, body=call.body, headers=headers, redirect=False, retries=False, preload_content=False
        )
        body: bytes = answer.read(ANSWER_BYTES + 1)
        answer.release_conn()
    except SSLError as error:
        raise Problem(f"the certificate of `{host}` is not one that is trusted here") from error
    except HTTPError as error:
        raise Unreachable(f"{host}:{port}", type(error).__name__) from error
    if len(body) > ANSWER_BYTES:
        raise Problem(f"`{host}` answers more than {ANSWER_BYTES} bytes")
    if answer.status == 429 or answer.status >= 500:
        raise Unreachable(f"{host}:{port}", f"status {answer.status}")
    return Answer(answer.status, body)


def connection(scheme: str, host: str, port: int, address: str, timeout: float) -> Any:
    """A connection pool to the address, which takes the host's certificate only."""
    import urllib3

    seconds = urllib3.Timeout(connect=guard.CONNECT_SECONDS, read=timeout)
    at = f"[{address}]" if ":" in address else address
    if scheme == "https":
        return urllib3.HTTPSConnectionPool(at, port, timeout=seconds, server_hostname=host, assert_hostname=host)
    return urllib3.HTTPConnectionPool(at, port, timeout=seconds)


def picked(answer: Answer, path: str) -> str:
    """The value at a path such as `data.items.0.id` of a JSON answer, as text. Problem where there is none."""
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise Problem("its answer is no JSON, so nothing can be kept of it", "Take `keep` out.") from error
    for step in path.split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise Problem(f"its answer has nothing at `{path}` (looked for `{step}`)", "Correct the path in `keep`.")
    return found if isinstance(found, str) else json.dumps(found)
