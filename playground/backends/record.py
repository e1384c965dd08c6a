"""Which backends were started, and the ports that were found free for them; in the playground's state directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

FILE = "backends.json"


@dataclass(frozen=True)
class Record:
    """`ports`: of 127.0.0.1, by backend and by what they are for. `applied`: a hash of what was told to the cluster."""

    ports: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    applied: Mapping[str, str] = field(default_factory=dict)

    def with_ports(self, name: str, ports: Mapping[str, int]) -> "Record":
        """The same, and these ports."""
        return Record({**self.ports, name: ports}, self.applied)

    def with_applied(self, name: str, digest: str) -> "Record":
        """The same, and this."""
        return Record(self.ports, {**self.applied, name: digest})


_record = TypeAdapter(Record)


def load(state: Path) -> Record:
    """The recorded ones; none where there is no record that can be read."""
    try:
        return _record.validate_json((state / FILE).read_bytes())
    except (OSError, ValidationError):
        return Record()


def save(record: Record, state: Path) -> None:
    """Record them."""
    scratch = state / f".{FILE}"
    scratch.write_bytes(_record.dump_json(record, indent=2))
    scratch.replace(state / FILE)


def forget(state: Path) -> None:
    """Remove the record."""
    (state / FILE).unlink(missing_ok=True)
