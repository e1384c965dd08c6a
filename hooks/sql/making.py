"""The order in which a database is made, filled, migrated and seeded, whatever its server is.

A database that is being filled carries the mark `filling`. It goes only when all is done: what an earlier run left with
it is dropped and made anew, so that nobody ever works on half of a dump.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Unreachable
from hooks.sql.access import Access, password
from hooks.sql.mark import FILLING, Mark, begun, ended
from hooks.sql.script import Copy, ScriptError, Statement
from hooks.sql.source import HASH_LENGTH, Source
from hooks.sql.spec import Command, Database, Script
from model import names

if TYPE_CHECKING:
    from hooks.world import World


class Server(Protocol):
    """What there is to do on a server about one database. `hooks.sql.postgres` and `hooks.sql.mysql` have it."""

    @property
    def name(self) -> str:
        """Of the database and of its login."""

    def look(self) -> Mark | None:
        """The mark of the database; None where there is none. Foreign where it, or a login of its name, is not ours."""

    def access(self, password: str) -> Access:
        """What the service's pods are told."""

    def make(self, password: str, mark: Mark) -> list[str]:
        """Login and database, with the mark, and what the spec wants from its template. Gives warnings."""

    def keep(self, password: str) -> list[str]:
        """Mend what somebody may have changed on a database that is there, and make what the spec wants besides."""

    def run(self, source: Source, password: str, *, atomic: bool) -> list[str]:
        """Run a script, as the login. Problem with the line that the server refuses; `atomic`: nothing of it is left
        then, as far as the server can. Gives warnings."""

    def note(self, mark: Mark) -> None:
        """Write the mark."""

    def drop(self) -> bool:
        """Database and login, with all that they hold; False where neither was there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the spec wants, as hashes to compare with the mark's; empty for what it does not want."""

    content: str
    migrated: str
    seeded: str


def wanted(world: "World", spec: Database) -> Wanted:
    """Reads files, asks buckets. Problem where something is not there."""
    content = f"template:{spec.template}" if spec.template is not None else ""
    if spec.dump is not None:
        content = f"dump:{Source(world, spec.dump).digest()}"
    migrated = _words(world, spec.migrate) if spec.migrate else ""
    seeded = ""
    if spec.seed is not None:
        what = spec.seed.what
        seeded = Source(world, what).digest() if isinstance(what, Script) else _words(world, what)
    return Wanted(names.short_hash(content, HASH_LENGTH) if content else "", migrated, seeded)


def ensure(world: "World", spec: Database, scope: Scope, server: Server, before: Receipt | None) -> Made:
    """Make it what the spec says, from whatever an earlier run left."""
    want = wanted(world, spec)
    have = server.look()
    secret = password(spec, server.name, world.values_so_far())
    world.masker.learn(secret)
    work = _Work(world, spec, scope, server, secret)
    if have is not None and have.state != FILLING and have.content == want.content:
        done, warnings = _kept(work, have, want)
    else:
        done, warnings = _made(work, have, want)
        if want.content != _last_origin(have, before, want.content):
            warnings.insert(0, _AGAIN)
    facts = {**done.facts(), "host": server.access(secret).hosts}
    return Made(id=server.name, values=work.values, facts=facts, warning=" ".join(warnings))


_AGAIN = "What it is filled from has changed: the database was dropped and made anew, and what had been written into it is gone."
_SEED = "The seed has changed, and was not run again: it is for new databases."


def _last_origin(have: Mark | None, before: Receipt | None, wanted: str) -> str:
    """What it was filled from last. A try that dropped it and failed left no mark of that, but the record tells."""
    if have is not None and have.state != FILLING:
        return have.content
    return str(before.facts.get("content", wanted)) if before else wanted


@dataclass(frozen=True, slots=True)
class _Work:
    world: "World"
    spec: Database
    scope: Scope
    server: Server
    secret: str = field(repr=False)

    @property
    def values(self) -> dict[str, str]:
        return self.server.access(self.secret).values(self.spec)


def _kept(work: _Work, have: Mark, want: Wanted) -> tuple[Mark, list[str]]:
    warnings = work.server.keep(work.secret)
    done = have
    if want.migrated != have.migrated:
        _migrate(work)
        done = ended(done, want.migrated, done.seeded)
        work.server.note(done)
    if want.seeded and not have.seeded:
        warnings += _seed(work, atomic=True)
        done = ended(done, done.migrated, want.seeded)
        work.server.note(done)
    elif want.seeded and want.seeded != have.seeded:
        warnings.append(_SEED)
    return done, warnings


def _made(work: _Work, have: Mark | None, want: Wanted) -> tuple[Mark, list[str]]:
    if have is not None:
        work.server.drop()
    with _nothing_half_made(work.server):
        mark = begun(work.scope, want.content)
        warnings = work.server.make(work.secret, mark)
        if work.spec.dump is not None:
            warnings += work.server.run(Source(work.world, work.spec.dump), work.secret, atomic=False)
        _migrate(work)
        warnings += _seed(work, atomic=False)
        done = ended(mark, want.migrated, want.seeded)
        work.server.note(done)
    return done, warnings


def _migrate(work: _Work) -> None:
    if work.spec.migrate is not None:
        _command(work, "migrate", work.spec.migrate)


def _seed(work: _Work, *, atomic: bool) -> list[str]:
    if work.spec.seed is None:
        return []
    what = work.spec.seed.what
    if isinstance(what, Script):
        return work.server.run(Source(work.world, what), work.secret, atomic=atomic)
    _command(work, "seed", what)
    return []


@contextlib.contextmanager
def _nothing_half_made(server: Server) -> Iterator[None]:
    """Where it cannot be filled, it goes at once. Where the server is gone meanwhile, the mark tells the next run."""
    try:
        yield
    except Foreign:
        raise
    except Problem:
        with contextlib.suppress(Problem, Unreachable):
            server.drop()
        raise


def _command(work: _Work, purpose: str, what: Command) -> None:
    from hooks import pods

    env = {**work.world.values_so_far(), **work.values, **what.env}
    name = work.server.name
    outcome = pods.run(work.world, work.scope, f"{purpose}-{name}", what.image, what.command, what.args, env)
    if not outcome.ok:
        raise outcome.problem(f"`{purpose}` of the database `{name}`")


def _words(world: "World", what: Command) -> str:
    """Changes with anything of the program that could make it do something else."""
    from hooks import pods

    words = [pods.image_of(world, what.image), what.command, what.args, what.env]
    return names.short_hash(json.dumps(words, sort_keys=True), HASH_LENGTH)


def checked(
    world: "World", spec: Database, server: Server, pieces: Callable[[Iterable[str]], Iterator[Statement | Copy]]
) -> bool:
    """Whether it has to be filled. Problem where what it is to be filled from is not there, or cannot be taken apart by
    `pieces`; what is in a bucket is not read for this."""
    want = wanted(world, spec)
    have = server.look()
    if have is not None and have.state != FILLING and have.content == want.content:
        return False
    for script in (spec.dump, spec.seed.what if spec.seed else None):
        if isinstance(script, Script) and script.file:
            _read_through(Source(world, script), pieces)
    return True


def _read_through(source: Source, pieces: Callable[[Iterable[str]], Iterator[Statement | Copy]]) -> None:
    try:
        with source.lines() as lines:
            for _ in pieces(lines):
                pass
    except ScriptError as error:
        raise error.problem(source.shown) from error
