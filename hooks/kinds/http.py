"""A call of any HTTP endpoint with the stack's data; what it answers can be kept, and undone by another call."""

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from hooks import calls, guard, keys
from hooks.contract import Made, Problem, Receipt, Scope, Several, Shape, Variable
from hooks.contract import Spec as AnySpec

if TYPE_CHECKING:
    from hooks.world import World

OWN_HEADERS = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}
GONE = {404, 410}
NOWHERE = Scope("", "", "", "", "")


def _header(name: str) -> str:
    if name.lower() in OWN_HEADERS:
        raise ValueError(f"the header `{name}` cannot be chosen")
    return name


def _url(url: str) -> str:
    if url.startswith("/"):
        return url
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is no address such as `https://example.com/tenants`")
    if parts.username is not None:
        raise ValueError("must not hold a user or a password")
    if why := guard.refused_by_name(parts.hostname):
        raise ValueError(f"must not be called: {why}")
    return url


Url = Annotated[
    str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[!$-;=?-\[\]_a-z{}~]+$"), AfterValidator(_url)
]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$"), AfterValidator(_header)]
HeaderValue = Annotated[str, StringConstraints(max_length=4096, pattern=r"^[\t\x20-\x7e]*$")]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Status = Annotated[int, Field(ge=200, le=499)]
Path = Annotated[str, StringConstraints(max_length=512, pattern=r"^[^.]+(\.[^.]+)*$")]


class Undo(Shape):
    """The call that takes it back."""

    method: Method = "DELETE"
    """Method."""
    url: Url
    """Where. May hold `{label}`, `{stack}`, `{service}` and the names in `keep`; what it holds is on record in plain
    sight."""
    headers: dict[HeaderName, HeaderValue] = Field({}, max_length=30)
    """Headers. Not for secrets."""
    expect: Annotated[tuple[Status, ...], Several] = Field((200, 202, 204, 404, 410), min_length=1)
    """Statuses that mean that it is gone."""


class Spec(AnySpec):
    """A call of an HTTP endpoint."""

    kind: Literal["http"]
    name: keys.Marker
    """How it is called in the comment and in the record."""
    method: Method = "POST"
    """Method."""
    url: Url
    """Where: a whole address, or with `provider` a path on the server that the operator gives. May hold `{label}`,
    `{stack}` and `{service}`."""
    headers: dict[HeaderName, HeaderValue] = Field({}, max_length=30)
    """Headers, with the same placeholders. Not for secrets: the operator's token goes with `provider`."""
    body: str | dict[str, Any] | list[Any] | None = None
    """A text, or a mapping or list that is sent as JSON, with the same placeholders."""
    expect: Annotated[tuple[Status, ...], Several] = Field((200, 201, 202, 204), min_length=1)
    """Statuses that mean success."""
    keep: dict[Variable, Path] = Field({}, max_length=50)
    """Variables, each with the path of its value in the JSON that is answered, such as `data.items.0.id`."""
    remove: Undo | None = None
    """The call at the teardown. Without it: none."""
    always: bool = False
    """Call at every deploy. Without it: at the first, and when something here was changed."""
    timeout: int = Field(10, ge=1, le=60)
    """Seconds that an answer may take."""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        undo = self.remove.url if self.remove else ""
        for url in filter(None, (self.url, undo)):
            if url.startswith("/") != bool(self.provider):
                raise ValueError("with `provider`, addresses are paths such as `/tenants`; without it, they are whole")
        for url, known in ((self.url, calls.OF_SCOPE), (undo, (*calls.OF_SCOPE, *self.keep))):
            rest = calls.filled(url, NOWHERE, dict.fromkeys(known, ""))
            if "{" in rest or "}" in rest:
                names = ", ".join(f"`{{{each}}}`" for each in known)
                raise ValueError(f"`{url}` may hold the placeholders {names}, and no other braces")
        if any(each in self.keep for each in calls.PLACE.findall(urlsplit(undo).netloc)):
            raise ValueError("the host in `remove` must not depend on an answer")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The name of the record."""
    return scope.name(spec.name, 253)


def env(spec: Spec) -> tuple[str, ...]:
    """What is kept of the answer."""
    return tuple(spec.keep)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing of the list."""
    return ()


def facts(spec: Spec, scope: Scope) -> dict[str, Any]:
    """The call that undoes it, as far as it is known before the answer."""
    return _facts(spec, scope, {})


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """May the hosts be called, and do they take connections?"""
    urls = filter(None, (spec.url, spec.remove.url if spec.remove else ""))
    targets = [calls.target(world, calls.filled(url, scope), spec.server) for url in urls]
    for _, host, port, address in dict.fromkeys(targets):
        guard.reach(host, address, port)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """Call it, once for each state of the spec. Where it has changed, what the old call made is undone first."""
    known = {variable: value for variable, value in world.values_so_far().items() if variable in spec.keep}
    warning = ""
    if before is not None and before.state == "ready":
        same = before.spec_hash == spec.hash and known.keys() == spec.keep.keys() <= set(before.env)
        if same and not spec.always:
            return Made(id=before.id, values=known, facts=before.facts)
        if before.spec_hash != spec.hash and remove(world, before, scope):
            warning = "its spec has changed, so it was undone and called anew"
    answer = calls.send(world, _call(spec, scope))
    if answer.status not in spec.expect:
        raise Problem(
            f"`{urlsplit(spec.url).hostname or spec.server}` answers with status {answer.status}",
            f"Expected was {' or '.join(map(str, spec.expect))}: see `expect`, and what the server logs.",
        )
    values = {variable: calls.picked(answer, path) for variable, path in spec.keep.items()}
    return Made(id=calls.filled(spec.url, scope), values=values, facts=_facts(spec, scope, values), warning=warning)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:  # noqa: ARG001
    """Make the call that undoes it, where there is one. False where the server says that it is gone already."""
    url = str(receipt.facts.get("url") or "")
    if not url or calls.PLACE.search(url):  # it depends on an answer which never came: nothing is known to be there
        return False
    headers = json.loads(str(receipt.facts.get("headers") or "{}"))
    timeout = float(receipt.facts.get("timeout") or 10)
    method = str(receipt.facts.get("method") or "DELETE")
    answer = calls.send(world, calls.Call(method, url, receipt.provider, headers, None, timeout))
    if answer.status not in json.loads(str(receipt.facts.get("expect") or "[200, 202, 204, 404, 410]")):
        raise Problem(f"the call that undoes it is answered with status {answer.status}", "See what its server logs.")
    return answer.status not in GONE


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:  # noqa: ARG001
    """Nobody can be asked what a call has left."""
    return []


def _call(spec: Spec, scope: Scope) -> calls.Call:
    body, headers = calls.filled(spec.body, scope), calls.filled(spec.headers, scope)
    given = {key.lower() for key in headers}
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        if "content-type" not in given:
            headers["Content-Type"] = "application/json"
    if not spec.always and "idempotency-key" not in given:
        # Of a call whose answer was lost nobody knows whether it worked: it is made again, and the server can tell.
        whole = json.dumps([scope.stack, scope.service, scope.label, spec.name, spec.hash])
        headers["Idempotency-Key"] = hashlib.sha256(whole.encode()).hexdigest()[:32]
    url = calls.filled(spec.url, scope)
    return calls.Call(spec.method, url, spec.server, headers, body.encode() if body is not None else None, spec.timeout)


def _facts(spec: Spec, scope: Scope, values: dict[str, str]) -> dict[str, Any]:
    undo = spec.remove
    if undo is None:
        return {}
    kept = {variable: quote(value, safe="") for variable, value in values.items()}
    return {
        "method": undo.method,
        "url": calls.filled(undo.url, scope, kept),
        "headers": json.dumps(calls.filled(undo.headers, scope)),
        "expect": json.dumps(list(undo.expect)),
        "timeout": spec.timeout,
    }
