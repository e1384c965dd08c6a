"""The order of the work on a database, and what is left where it fails, with a server in memory."""

import gzip
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hooks import pods
from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Unreachable
from hooks.files import FOLDER_VARIABLE
from hooks.kinds import postgres
from hooks.kube import Kube
from hooks.sql import making
from hooks.sql.access import Access
from hooks.sql.mark import FILLING, Mark
from hooks.sql.postgres.script import pieces
from hooks.sql.source import Source
from hooks.world import World
from model import names

LEAST = {"kind": "postgres", "database": "orders", "env": "DATABASE_URL"}
SCOPE = Scope(stack="acme-shop-7", label="f1", service="orders", release="orders-f1", namespace="n")


@dataclass
class Server:
    """Remembers what was done, and fails at what it is told to fail at."""

    name: str = "orders_f1"
    mark: Mark | None = None
    done: list[str] = field(default_factory=list)
    fails: dict[str, BaseException] = field(default_factory=dict)

    def _do(self, what: str) -> list[str]:
        self.done.append(what)
        if what in self.fails:
            raise self.fails[what]
        return []

    def look(self) -> Mark | None:
        return self.mark

    def access(self, password: str) -> Access:
        return Access("postgresql", "db:5432", self.name, password)

    def make(self, password: str, mark: Mark) -> list[str]:
        self.mark = mark
        return self._do("make")

    def keep(self, password: str) -> list[str]:
        return self._do("keep")

    def run(self, source: Source, password: str, *, atomic: bool) -> list[str]:
        return self._do(f"run {source.shown}{' at once' if atomic else ''}")

    def note(self, mark: Mark) -> None:
        self._do(f"note {mark.state}")
        self.mark = mark

    def drop(self) -> bool:
        self._do("drop")
        self.mark = None
        return True


@dataclass
class Stage:
    folder: Path
    server: Server = field(default_factory=Server)
    outcome: pods.Outcome = field(default_factory=lambda: pods.Outcome(True, "", 0))
    image: str = "example/orders:1"
    given: dict[str, str] = field(default_factory=dict)
    world: World | None = None
    before: Receipt | None = None

    def run(self, world: World, scope: Scope, name: str, image: str, *words: Any) -> pods.Outcome:
        self.server.done.append(f"{name.partition('-')[0]} in {pods.image_of(world, image)}")
        self.given = dict(words[2])
        return self.outcome

    def write(self, path: str, text: str = "SELECT 1;") -> dict[str, str]:
        (self.folder / names.file_key(path)).write_bytes(gzip.compress(text.encode()))
        return {"file": path}

    def ensure(self, **fields: Any) -> Made:
        spec = postgres.Spec.model_validate({**LEAST, **fields})
        env = {FOLDER_VARIABLE: str(self.folder)}
        self.world = World(env, Kube(None), deadline=time.monotonic() + 60, settings={"image": self.image})
        self.world.keep({"OTHER": "of-another-resource"})
        self.server.done = []
        return making.ensure(self.world, spec, SCOPE, self.server, self.before)

    @property
    def done(self) -> list[str]:
        return self.server.done


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(tmp_path)
    monkeypatch.setattr(pods, "run", made.run)
    return made


MIGRATE = {"command": ["./migrate"]}


def test_the_order(stage: Stage) -> None:
    made = stage.ensure(dump=stage.write("a.sql"), migrate=MIGRATE, seed=stage.write("seed.sql"))
    assert stage.done == ["make", "run a.sql", "migrate in example/orders:1", "run seed.sql", "note ready"]
    assert stage.given == {"OTHER": "of-another-resource", **made.values}
    assert stage.server.mark is not None
    assert made.facts == {**stage.server.mark.facts(), "host": "db:5432"}
    assert all(made.facts.values())


def test_what_is_done_is_not_done_again(stage: Stage) -> None:
    fields = {"dump": stage.write("a.sql"), "migrate": MIGRATE, "seed": {"command": ["./seed"], "image": "seeds:1"}}
    first = stage.ensure(**fields)
    assert stage.done == ["make", "run a.sql", "migrate in example/orders:1", "seed in seeds:1", "note ready"]
    second = stage.ensure(**fields)
    assert stage.done == ["keep"]
    assert (second.facts, second.warning) == (first.facts, "")


def test_a_file_of_another_name_with_the_same_content_is_the_same_dump(stage: Stage) -> None:
    stage.ensure(dump=stage.write("a.sql"))
    stage.ensure(dump=stage.write("b.sql"))
    assert stage.done == ["keep"]


@pytest.mark.parametrize("fields", [{}, {"template": "orders"}, {"template": "other"}])
def test_another_origin_makes_it_anew_with_a_warning(stage: Stage, fields: dict[str, Any]) -> None:
    stage.ensure(dump=stage.write("a.sql"))
    made = stage.ensure(**fields)
    assert stage.done == ["drop", "make", "note ready"]
    assert "dropped and made anew" in made.warning
    stage.ensure(**fields)
    assert stage.done == ["keep"]


def test_what_a_run_left_half_filled_is_made_anew_without_a_warning(stage: Stage) -> None:
    stage.server.mark = Mark(SCOPE.stack, SCOPE.service, SCOPE.label, FILLING, "")
    assert stage.ensure().warning == ""
    assert stage.done == ["drop", "make", "note ready"]


def test_the_warning_comes_too_where_the_try_that_dropped_it_failed(stage: Stage) -> None:
    first = stage.ensure(dump=stage.write("a.sql"))
    stage.before = Receipt("postgres", "orders_f1", "orders", facts=first.facts)
    stage.server.fails["make"] = Unreachable("PostgreSQL")
    with pytest.raises(Unreachable):
        stage.ensure(template="orders")
    stage.server.fails = {}
    assert "dropped and made anew" in stage.ensure(template="orders").warning
    stage.server.mark = None
    stage.before = Receipt("postgres", "orders_f1", "orders", facts={})
    assert stage.ensure(template="orders").warning == ""


def test_a_changed_program_migrates_again_and_one_that_was_dropped_does_not(stage: Stage) -> None:
    stage.ensure(migrate=MIGRATE)
    stage.image = "example/orders:2"
    stage.ensure(migrate=MIGRATE)
    assert stage.done == ["keep", "migrate in example/orders:2", "note ready"]
    stage.ensure()
    assert stage.done == ["keep", "note ready"]
    stage.ensure(migrate={**MIGRATE, "env": {"LEVEL": "1"}})
    assert stage.done == ["keep", "migrate in example/orders:2", "note ready"]


def test_seeds_run_once(stage: Stage) -> None:
    stage.ensure()
    stage.ensure(seed=stage.write("seed.sql"))
    assert stage.done == ["keep", "run seed.sql at once", "note ready"]
    made = stage.ensure(seed=stage.write("seed.sql", "SELECT 2;"))
    assert stage.done == ["keep"]
    assert "was not run again" in made.warning
    stage.ensure()
    assert "was not run again" in stage.ensure(seed=stage.write("seed.sql", "SELECT 2;")).warning


@pytest.mark.parametrize("where", ["make", "run a.sql", "run seed.sql", "note ready"])
def test_where_it_cannot_be_filled_it_goes(stage: Stage, where: str) -> None:
    stage.server.fails[where] = Problem("it fails")
    with pytest.raises(Problem, match="it fails"):
        stage.ensure(dump=stage.write("a.sql"), seed=stage.write("seed.sql"))
    assert stage.done[-2:] == [where, "drop"]
    assert stage.server.mark is None


@pytest.mark.parametrize("error", [Unreachable("PostgreSQL"), Foreign("it is another's"), KeyboardInterrupt()])
def test_where_the_server_is_gone_or_it_is_anothers_nothing_is_dropped(stage: Stage, error: BaseException) -> None:
    stage.server.fails["make"] = error
    with pytest.raises(type(error)):
        stage.ensure()
    assert stage.done == ["make"]


def test_where_it_cannot_be_dropped_either_the_first_problem_is_told(stage: Stage) -> None:
    stage.server.fails = {"run a.sql": Problem("the first"), "drop": Unreachable("PostgreSQL")}
    with pytest.raises(Problem, match="the first"):
        stage.ensure(dump=stage.write("a.sql"))
    assert stage.server.mark is not None
    assert stage.server.mark.state == FILLING


def test_a_migration_that_fails_later_drops_nothing_and_is_tried_again(stage: Stage) -> None:
    stage.ensure(migrate=MIGRATE)
    stage.image, stage.outcome = "example/orders:2", pods.Outcome(False, "boom\n", 1, "it ended with code 1")
    with pytest.raises(Problem) as raised:
        stage.ensure(migrate=MIGRATE)
    assert raised.value.sentence == "`migrate` of the database `orders_f1`: it ended with code 1: boom"
    assert raised.value.log == "boom\n"
    assert stage.done == ["keep", "migrate in example/orders:2"]
    stage.outcome = pods.Outcome(True, "", 0)
    stage.ensure(migrate=MIGRATE)
    assert stage.done == ["keep", "migrate in example/orders:2", "note ready"]


def test_a_missing_file_is_told_before_anything_is_done(stage: Stage) -> None:
    for fields in ({"dump": {"file": "no.sql"}}, {"seed": {"file": "no.sql"}}):
        with pytest.raises(Problem, match=r"`no\.sql` is not here"):
            stage.ensure(**fields)
        assert stage.done == []


def test_an_image_that_is_not_known_is_told_before_anything_is_done(stage: Stage) -> None:
    stage.image = ""
    with pytest.raises(Problem, match="image: self"):
        stage.ensure(migrate=MIGRATE)
    assert stage.done == []


def test_passwords_are_masked_from_the_moment_they_are_made(stage: Stage) -> None:
    made = stage.ensure()
    assert stage.world is not None
    secret = urlsplit(made.values["DATABASE_URL"]).password or ""
    assert stage.world.masker.mask(f"it is {secret}.") == "it is ***."


def test_a_script_that_cannot_be_read_is_told_before_anything_is_done(stage: Stage) -> None:
    stage.ensure()
    world = stage.world
    assert world is not None
    spec = postgres.Spec.model_validate({**LEAST, "dump": stage.write("a.sql", "SELECT 1;\nSELECT '\n")})
    with pytest.raises(Problem, match=r"a\.sql, line 2: what begins with ' here has no end"):
        making.checked(world, spec, stage.server, pieces)
    spec = postgres.Spec.model_validate({**LEAST, "dump": stage.write("a.sql", "COPY t FROM stdin;\n1\n")})
    with pytest.raises(Problem, match=r"a\.sql, line 1: the rows of this COPY have no end"):
        making.checked(world, spec, stage.server, pieces)
    spec = postgres.Spec.model_validate({**LEAST, "dump": stage.write("a.sql")})
    assert making.checked(world, spec, stage.server, pieces)
    stage.ensure(dump=stage.write("a.sql"))
    assert stage.world is not None
    assert not making.checked(stage.world, spec, stage.server, pieces)
