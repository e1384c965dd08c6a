"""What a stack's routes and aliases were made with, kept in its receipts, so that they can follow the base later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from model.routing.reissue import Backend

KIND = "routes"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of the base that a stack cannot follow. `said` is a refusal's own words.

    A refusal is `unsure` where a rule of the base cannot be read, so that the routes stay as the others ask for.
    A host is missing where the base never had a route for it: a service that is new, or a host that is written wrongly.
    """

    kind: Literal["host-missing", "host-gone", "service-gone", "namespace-gone", "refused", "unsure"]
    subject: str  # a host, `namespace/name` of a Service, a namespace
    said: str = ""


@dataclass(frozen=True, slots=True)
class Following:
    """One stack as it was last deployed. `base` is the base's namespace where it is known."""

    label: str
    header: str
    namespace: str
    revision: str
    base: str = ""
    backends: tuple[Backend, ...] = ()
    based: tuple[str, ...] = ()  # those of its hosts that the base had a route for
    problems: tuple[Problem, ...] = ()


_FOLLOWING: TypeAdapter[Following] = TypeAdapter(Following)


def receipt(following: Following) -> dict[str, Any]:
    """As it stands among a Stack's receipts."""
    made: dict[str, Any] = _FOLLOWING.dump_python(following, mode="json", exclude_defaults=True)
    return {"kind": KIND, "name": "routes", **made}


def of(receipts: Iterable[Mapping[str, Any]]) -> Following | None:
    """What is on record; None for a stack that was never deployed, or by a bot that wrote it down otherwise."""
    found = next((each for each in receipts if each["kind"] == KIND), None)
    if found is None:
        return None
    try:
        return _FOLLOWING.validate_python({key: each for key, each in found.items() if key not in ("kind", "name")})
    except ValidationError:
        return None


def replaced(receipts: Iterable[Mapping[str, Any]], following: Following | None) -> tuple[dict[str, Any], ...]:
    """The receipts with this in place of what was there; None takes it off."""
    kept = tuple(dict(each) for each in receipts if each["kind"] != KIND)
    return kept if following is None else (*kept, receipt(following))


def problems(receipts: Iterable[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """What the stack could not follow when it was last looked at."""
    found = of(receipts)
    return found.problems if found is not None else ()
