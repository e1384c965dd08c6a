"""The playground that is up, as recorded in the state directory."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from playground.cluster.choice import Kind
from playground.cluster.value import Playground

FILE = "playground.json"
BEGUN = "cluster-kind.json"
_playground = TypeAdapter(Playground)
_kind: TypeAdapter[Kind] = TypeAdapter(Kind)


def save(playground: Playground) -> None:
    """Record it."""
    playground.state.mkdir(parents=True, exist_ok=True)
    scratch = playground.state / f".{FILE}"
    scratch.write_bytes(_playground.dump_json(playground, indent=2))
    scratch.replace(playground.state / FILE)


def load(state: Path) -> Playground | None:
    """The recorded one; None where there is none that can be read."""
    try:
        return _playground.validate_json((state / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def begin(state: Path, kind: Kind) -> None:
    """Record, before the first change, what kind is started: something may have to be undone elsewhere than here."""
    state.mkdir(parents=True, exist_ok=True)
    (state / BEGUN).write_bytes(_kind.dump_json(kind))


def begun(state: Path) -> Kind | None:
    """The kind that was started last in this state directory; None where none was, or the record cannot be read."""
    try:
        return _kind.validate_json((state / BEGUN).read_bytes())
    except (OSError, ValidationError):
        return None
