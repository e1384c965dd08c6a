"""The mark that a database carries as its comment: whose it is, and how far it is filled. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hooks.contract import Scope
from model.marks import LABEL_LABEL, LABEL_SERVICE, LABEL_STACK

FILLING = "filling"
READY = "ready"


@dataclass(frozen=True, slots=True)
class Mark:
    """`content`, `migrated`, `seeded`: hashes of what it was filled from, and of the programs that ran over it."""

    stack: str
    service: str
    label: str
    state: str = READY
    content: str = ""
    migrated: str = ""
    seeded: str = ""

    def belongs(self, scope: Scope) -> bool:
        """Whether it is this service's, of this stack, under this label."""
        return (self.stack, self.service, self.label) == (scope.stack, scope.service, scope.label)

    def text(self) -> str:
        """As a comment."""
        pairs = {
            LABEL_STACK: self.stack,
            LABEL_SERVICE: self.service,
            LABEL_LABEL: self.label,
            "state": self.state,
            "content": self.content,
            "migrated": self.migrated,
            "seeded": self.seeded,
        }
        return ",".join(f"{key}={value}" for key, value in pairs.items() if value)

    def facts(self) -> dict[str, str]:
        """For the receipt: where a server has no comments on databases, these are read instead."""
        return {"content": self.content, "migrated": self.migrated, "seeded": self.seeded}


def begun(scope: Scope, content: str) -> Mark:
    """The mark of a database that is about to be filled."""
    return Mark(scope.stack, scope.service, scope.label, FILLING, content)


def ended(mark: Mark, migrated: str, seeded: str) -> Mark:
    """The mark of the same database once it is filled."""
    return replace(mark, state=READY, migrated=migrated, seeded=seeded)


def parsed(comment: str | None) -> Mark | None:
    """None where a comment is no mark of ours."""
    pairs = dict(pair.split("=", 1) for pair in (comment or "").split(",") if "=" in pair)
    if not all(pairs.get(each) for each in (LABEL_STACK, LABEL_SERVICE, LABEL_LABEL)):
        return None
    known = {key: pairs[key] for key in ("state", "content", "migrated", "seeded") if key in pairs}
    return Mark(pairs[LABEL_STACK], pairs[LABEL_SERVICE], pairs[LABEL_LABEL], **known)


def recorded(facts: Mapping[str, Any], scope: Scope, *, filling: bool) -> Mark:
    """The mark as a receipt tells it. A receipt gets its facts when all is done: without them, it is still filling."""
    if filling or "content" not in facts:
        return begun(scope, "")
    known = {key: str(facts.get(key, "")) for key in ("content", "migrated", "seeded")}
    return Mark(scope.stack, scope.service, scope.label, READY, **known)
