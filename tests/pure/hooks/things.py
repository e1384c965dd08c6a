"""Kinds of the tests' own: things on a server in memory, with marks or without."""

import threading
from collections.abc import Callable
from typing import Annotated, Literal

from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Several, Variable
from hooks.contract import Spec as AnySpec
from hooks.world import World
from tests.pure.hooks.cluster import Died


class Server:
    """Things by name, each with its owner. `die_at`: kill at this change, counted from 1."""

    def __init__(self, kind: str, *, marks: bool) -> None:
        self.kind = kind
        self.marks = marks
        self.things: dict[str, tuple[str, str] | None] = {}
        self.changes = 0
        self.made: list[str] = []
        self.removed: list[str] = []
        self.die_at = 0
        self.after = False
        self.broken: dict[str, list[Exception]] = {}  # "<verb> <name>" → raised one after the other
        self.hooks: dict[str, Callable[[], None]] = {}  # "<verb> <name>" → called in the midst of it
        self.checked: list[tuple[str, Receipt | None]] = []
        self._lock = threading.RLock()

    def change(self, act: Callable[[], None]) -> None:
        with self._lock:
            self.changes += 1
            if self.changes == self.die_at and not self.after:
                raise Died
            act()
            if self.changes == self.die_at:
                raise Died

    def at(self, verb: str, name: str) -> None:
        if hook := self.hooks.get(f"{verb} {name}"):
            hook()
        if self.broken.get(f"{verb} {name}"):
            raise self.broken[f"{verb} {name}"].pop(0)


class Spec(AnySpec):
    """A thing. `value` is what its variable gets, `{}` in it its real name."""

    kind: Literal["thing", "plain"]
    name: str
    env: Variable | None = None
    needs: Annotated[tuple[tuple[str, str], ...], Several] = ()
    value: str = "value-of-{}"


class Things:
    """What stands in for a kind's module: the same names."""

    Spec = Spec

    def __init__(self, server: Server) -> None:
        self._server = server

    def name(self, spec: Spec, scope: Scope) -> str:
        return scope.name(spec.name, 40)

    def env(self, spec: Spec) -> tuple[str, ...]:
        return (spec.env,) if spec.env else ()

    def needs(self, spec: Spec) -> tuple[tuple[str, str], ...]:
        return tuple(spec.needs)

    def check(self, world: World, spec: Spec, scope: Scope, before: Receipt | None) -> None:
        name = self.name(spec, scope)
        self._server.checked.append((name, before))
        self._server.at("check", name)
        self._own(name, scope, before)

    def ensure(self, world: World, spec: Spec, scope: Scope, before: Receipt | None) -> Made:
        name, server = self.name(spec, scope), self._server
        server.at("ensure", name)
        if not self._own(name, scope, before):

            def make() -> None:
                server.things[name] = (scope.stack, scope.service) if server.marks else None
                server.made.append(name)

            server.change(make)
        server.at("ensured", name)
        return Made(id=f"id:{name}", values={spec.env: spec.value.format(name)} if spec.env else {})

    def remove(self, world: World, receipt: Receipt, scope: Scope) -> bool:
        server = self._server
        server.at("remove", receipt.name)
        if receipt.name not in server.things:
            return False
        if server.marks and server.things[receipt.name] != (scope.stack, scope.service):
            raise Problem(f"{receipt.name} is not of this stack")

        def take() -> None:
            del server.things[receipt.name]
            server.removed.append(receipt.name)

        server.change(take)
        return True

    def find(self, world: World, scope: Scope, provider: str) -> list[Receipt]:
        server, mine = self._server, (scope.stack, scope.service)
        server.at("find", "")
        found = [name for name, owner in server.things.items() if server.marks and owner == mine]
        return [Receipt(server.kind, name, scope.service, provider) for name in found]

    def _own(self, name: str, scope: Scope, before: Receipt | None) -> bool:
        """Whether it is there, and ours."""
        if name not in self._server.things:
            return False
        owner = self._server.things[name]
        if self._server.marks and owner != (scope.stack, scope.service):
            raise Foreign(f"{name} exists and is not of this stack", "Rename it.")
        if not self._server.marks and before is None:
            raise Foreign(f"{name} exists and nobody has it on record", "Rename it.")
        return True
