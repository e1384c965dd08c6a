"""Brokers and caches for the tests of their kinds: a feature of its own for each test, which goes through its runs, and
servers on loopback that answer as the real ones do when they refuse, or are too busy."""

import itertools
import json
import socketserver
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hooks import table
from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Unreachable
from hooks.kube import Kube
from hooks.world import World
from tests.redis.tools.watching import free_port

SECRET = "a-password-of-nobody"


class Feature:
    """One kind, on a real server, in a feature that no other test has. Each step is as a run of the hook does it."""

    def __init__(self, kind: str, env: Mapping[str, str]) -> None:
        self.kind = kind
        self.module = table.module(kind)
        self.env = dict(env)
        self.id = uuid.uuid4().hex[:6]
        self.base = f"orders{self.id}"  # what the base has, and what the resource is called
        self.scope = self.of("orders")
        self.worlds: list[World] = []
        self.todo: list[Callable[[], object]] = []
        self.records: dict[str, Receipt] = {}
        self.values: dict[str, str] = {}

    def of(self, service: str, stack: str = "") -> Scope:
        """A service of the feature, or of another stack with the same label."""
        stack = stack or f"acme-shop-{self.id}"
        return Scope(stack, f"f{self.id}", service, f"{service}-f{self.id}", f"devstack-{stack}")

    @property
    def real(self) -> str:
        """The real name of what the base calls `base`."""
        return f"{self.base}-f{self.id}"

    def world(self, **env: str) -> World:
        """A world as that of a further run, which knows the values of the earlier ones."""
        made = World({**self.env, **env}, Kube(None), deadline=time.monotonic() + 60, settings={})
        made.keep(self.values)
        self.worlds.append(made)
        return made

    def spec(self, **fields: Any) -> Any:
        """A resource as it is written."""
        return self.module.Spec.model_validate_json(json.dumps({"kind": self.kind, **fields}))

    def check(self, **fields: Any) -> None:
        """As a run begins."""
        spec = self.spec(**fields)
        self.module.check(self.world(), spec, self.scope, self.records.get(self.module.name(spec, self.scope)))

    def ensure(self, **fields: Any) -> Made:
        """A whole run: all is checked, put on record, made, and on record again as ledgers keep it."""
        spec = self.spec(**fields)
        name = self.module.name(spec, self.scope)
        before = self.records.get(name)
        world = self.world()
        self.module.check(world, spec, self.scope, before)
        self.begin(**fields)
        made = self.module.ensure(world, spec, self.scope, before)
        facts = json.loads(json.dumps(dict(made.facts)))
        self.records[name] = Receipt(self.kind, name, self.scope.service, spec.server, "ready", made.id, facts=facts)
        assert set(made.values) == set(self.module.env(spec))
        shown = f"{facts} {made.id} {made.warning}"
        self.values.update(made.values)
        assert not [value for value in made.values.values() if "://" in value and value in shown]
        return made

    def begin(self, **fields: Any) -> Receipt:
        """What is on record of a resource before it is made."""
        spec = self.spec(**fields)
        name = self.module.name(spec, self.scope)
        facts = getattr(self.module, "facts", lambda *_: {})(spec, self.scope)
        self.records.setdefault(name, Receipt(self.kind, name, self.scope.service, spec.server, facts=facts))
        return self.records[name]

    def remove(self, name: str = "") -> bool:
        """By the record alone."""
        return self.module.remove(self.world(), self.records[name or self.real], self.scope)

    def find(self, scope: Scope | None = None) -> list[str]:
        """The names that the server has of the feature."""
        scope = scope or self.scope
        return [each.name for each in self.module.find(self.world(), scope, self.kind)]

    def foreign(self, **fields: Any) -> Foreign:
        """What is said where the name is taken, by `check` and by `ensure`; nothing of it is removed."""
        spec, name = self.spec(**fields), self.module.name(self.spec(**fields), self.scope)
        with pytest.raises(Foreign) as checked:
            self.module.check(self.world(), spec, self.scope, self.records.get(name))
        with pytest.raises(Foreign) as ensured:
            self.module.ensure(self.world(), spec, self.scope, self.records.get(name))
        assert str(checked.value) == str(ensured.value)
        assert ensured.value.remedy
        assert self.find() == []
        return ensured.value

    def close(self) -> None:
        """Nothing is left of the feature, and no connection."""
        try:
            for act in reversed(self.todo):
                act()
            for receipt in self.records.values():
                self.module.remove(self.world(), receipt, self.scope)
            assert self.find() == []
        finally:
            for world in self.worlds:
                close(world)


@contextmanager
def feature(kind: str, provided: Mapping[str, str]) -> Iterator[Feature]:
    """A kind on its real server, of which the environment tells."""
    made = Feature(kind, provided)
    try:
        yield made
    finally:
        made.close()


def close(world: World) -> None:
    """Close the connections of all clients of a world."""
    for client in world._clients.values():
        (client.pool if hasattr(client, "pool") else client).close()


class Died(BaseException):
    """The process is killed at this point."""


def die_everywhere(
    feature: Feature,
    calls: Sequence[tuple[type, str]],
    monkeypatch: pytest.MonkeyPatch,
    gone: Callable[[], bool],
    **fields: Any,
) -> None:
    """A run is killed before and after each of its calls to the server, and so is a removal. Whatever comes then, another
    run and a removal, or a removal at once, nothing of the feature is left."""
    for removal, after, again in itertools.product((False, True), repeat=3):
        for at in itertools.count(1):
            feature.records.clear()
            feature.values.clear()
            if removal:
                feature.ensure(**fields)
            died = False
            with monkeypatch.context() as patch:
                die_at(patch, calls, at, after=after)
                try:
                    if removal:
                        feature.remove()
                    else:
                        feature.ensure(**fields)
                except Died:
                    died = True
            if again:
                feature.ensure(**fields)
            if feature.records:
                feature.remove()
            assert gone()
            assert feature.find() == []
            if not died:
                break
        assert at > 3
    feature.records.clear()


def die_at(patch: pytest.MonkeyPatch, calls: Sequence[tuple[type, str]], at: int, *, after: bool) -> None:
    """Be killed at one of these calls, counted from 1."""
    counted = itertools.count(1)

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            mine = next(counted) == at
            if mine and not after:
                raise Died
            answer = real(*args, **options)
            if mine:
                raise Died
            return answer

        return call

    for owner, name in calls:
        patch.setattr(owner, name, dying(getattr(owner, name)))


def said(kind: str, env: Mapping[str, str], wanted: type[Exception], seconds: float = 5, /, **fields: Any) -> str:
    """What `check`, `ensure` and `remove` say, and `find` where it asks; each of them within so many seconds."""
    module = table.module(kind)
    spec = module.Spec.model_validate_json(json.dumps({"kind": kind, **fields}))
    scope = Scope("acme-shop-1", "feature1", "orders", "orders-feature1", "devstack-shop")
    receipt = Receipt(kind, module.name(spec, scope), "orders", spec.server)
    acts: list[Callable[[World], object]] = [
        lambda world: module.check(world, spec, scope, None),
        lambda world: module.ensure(world, spec, scope, None),
        lambda world: module.remove(world, receipt, scope),
    ]
    if kind != "kafka":
        acts.append(lambda world: module.find(world, scope, kind))
    words = set[str]()
    for act in acts:
        world = World(env, Kube(None), deadline=time.monotonic() + 60, settings={})
        began = time.monotonic()
        try:
            with pytest.raises(wanted) as raised:
                act(world)
        finally:
            close(world)
        assert time.monotonic() - began < seconds
        error = raised.value
        words.add(f"{error.sentence}. {error.remedy}" if isinstance(error, Problem) else str(error))
    assert not [each for each in words if SECRET in each]
    (only,) = words  # the same, whatever was to be done
    return only


def nobody(scheme: str, login: str = "") -> str:
    """An address where nobody listens."""
    return f"{scheme}://{login}127.0.0.1:{free_port()}"


@contextmanager
def http(status: int, body: str = "", content: str = "application/json") -> Iterator[str]:
    """A server that gives one answer to everything; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for key, value in {"Content-Type": content, "Content-Length": str(len(body)), "Connection": "close"}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body.encode())

        do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None: ...

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://admin:{SECRET}@127.0.0.1:{port}"


@contextmanager
def talking(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """A server that answers each piece it gets by `answer`, and hangs up where that is empty; its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while (piece := self.request.recv(65536)) and (told := answer(piece)):
                self.request.sendall(told)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _running(Server(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextmanager
def _running(server: Any) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def unreachable(kind: str, env: Mapping[str, str], /, **fields: Any) -> str:
    """Nobody answers, or nobody has time: worth another try."""
    return said(kind, env, Unreachable, **fields)
