"""One row of the table: a request, and where it leads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.cluster.routing.features import HEADER
from tests.cluster.routing.shop import SHOP

Lines = tuple[tuple[str, str], ...]
OTHER_TENANT = "other.tenants.example.org"
BETA: Lines = (("X-Beta", "1"),)

# Why the Gateway API cannot say a row.
NO_PRIORITY = "it knows no priority by hand"
NO_PATTERN = "its wildcards take any name below"
NO_NEGATION = "it has no negation, so both forms of the context count at once"
NO_RANK = "of equal rules the older one counts, and labels have no rank"
WHOLE_PARTS = "its prefixes are of whole parts of a path"
TAKEN_HOST = "a route for all hosts has the host already"

Place = Literal["web", "internal", "secure"]


@dataclass(frozen=True)
class Row:
    """`to`: `<service>@<who>`, or a status. `lines`: header lines besides Host. `seen`: the path as the backend saw it.

    `received`: the values of headers as the backend got them. `target`: the request's target where it is not the path.
    `beyond`: why the Gateway API cannot say this.
    """

    what: str
    to: str
    path: str = "/"
    lines: Lines = ()
    host: str = SHOP
    method: str = "GET"
    at: Place = "web"
    target: str = ""
    seen: str = ""
    received: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cookie: str = ""
    beyond: str = ""

    @property
    def owner(self) -> str:
        """The label whose backend answers; empty for the base and for none."""
        who = self.to.partition("@")[2]
        return "" if who == "base" else who


def ctx(*values: str, name: str = HEADER) -> Lines:
    """The plain header, a line for each value."""
    return tuple((name, value) for value in values)


def bag(*values: str, name: str = "baggage") -> Lines:
    """Baggage, a line for each value."""
    return tuple((name, value) for value in values)


def preview(label: str, host: str = SHOP) -> str:
    """A preview host."""
    return f"{label}.{host}"


def both(label: str) -> Mapping[str, tuple[str, ...]]:
    """What a backend behind a preview host has received."""
    return {HEADER: (label,), "baggage": (f"{HEADER}={label}",)}


def each(what: str, to: str, lines: Iterable[Lines], **rest: str) -> tuple[Row, ...]:
    """Rows that differ in their header lines alone."""
    return tuple(
        Row(f"{what}: {', '.join(f'{name}: {value}' for name, value in given)[:70]}", to, lines=given, **rest)  # type: ignore[arg-type]
        for given in lines
    )
