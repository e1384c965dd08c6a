"""The Stack records in the cluster: read, and changed by functions of what they are, never blindly."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, alias_generators

from model.marks import LABEL_LABEL
from model.stack import FINALIZER, GROUP, REASON_CLOSED, VERSION, Desired, Phase, Role, Spec, Stack, Status
from workers import conditions
from workers.cluster.client import STACKS, Cluster, Conflict
from workers.faults import Unavailable

TRIES = 12
_SPEC: TypeAdapter[Spec] = TypeAdapter(Spec)
_STATUS: TypeAdapter[Status] = TypeAdapter(Status)
_FREE = ("report", "conditions", "receipts")  # their inner keys are kept as they are

to_camel = cache(alias_generators.to_camel)  # of some dozens of names
to_snake = cache(alias_generators.to_snake)


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_camel(key): inner if key in _FREE else _camel(inner) for key, inner in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value


def _snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_snake(key): inner if key in _FREE else _snake(inner) for key, inner in value.items()}
    return [_snake(each) for each in value] if isinstance(value, list) else value


def spec_body(spec: Spec) -> dict[str, Any]:
    """The spec as the cluster keeps it; `pr` is for people who list Stacks."""
    body: dict[str, Any] = _camel(_SPEC.dump_python(spec, mode="json", exclude_none=True))
    return {**body, "pr": f"{spec.repository}#{spec.number}" if spec.role is Role.FEATURE else spec.repository}


def status_body(status: Status) -> dict[str, Any]:
    """The status as the cluster keeps it."""
    body: dict[str, Any] = _camel(_STATUS.dump_python(status, mode="json", exclude_none=True))
    return body


def from_object(found: Mapping[str, Any]) -> Stack:
    """A Stack from the cluster's object."""
    metadata = found["metadata"]
    deleted = _moment(metadata.get("deletionTimestamp"))
    spec = {key: value for key, value in found["spec"].items() if key != "pr"}
    return Stack(
        name=metadata["name"],
        spec=_SPEC.validate_python(_snake(spec)),
        status=_STATUS.validate_python(_snake(dict(found.get("status") or {}))),
        generation=metadata.get("generation", 1),
        resource_version=metadata["resourceVersion"],
        deleting=deleted is not None,
        deleted_at=deleted,
        created_at=_moment(metadata.get("creationTimestamp")),
        uid=metadata["uid"],
    )


class Stacks:
    """All writes compare the resourceVersion, so no change is lost between two writers."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def get(self, name: str) -> Stack | None:
        """One Stack; None where there is none."""
        found = self._cluster.get(STACKS, name)
        return from_object(found) if found else None

    def list(self, label: str = "") -> list[Stack]:
        """All Stacks, or those of one feature."""
        return [
            from_object(each) for each in self._cluster.list(STACKS, labels=f"{LABEL_LABEL}={label}" if label else "")
        ]

    def create(self, name: str, spec: Spec) -> Stack:
        """A new Stack; the one that exists where somebody was quicker."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "Stack",
            "metadata": {
                "name": name,
                "labels": _labels(spec),
                "finalizers": [FINALIZER] if spec.role is Role.FEATURE else [],
            },
            "spec": spec_body(spec),
        }
        try:
            return from_object(self._cluster.create(STACKS, body))
        except Conflict:
            existing = self.get(name)
            if existing is None:
                raise
            return existing

    def update_spec(self, name: str, change: Callable[[Spec | None], Spec | None]) -> Stack | None:
        """Change what is wanted. None where there is no such Stack, or `change` gave None."""

        def edit(found: dict[str, Any]) -> bool:
            before = from_object(found).spec
            after = change(before)
            if after is None or after == before:
                return False
            found["spec"] = spec_body(after)
            found["metadata"]["labels"] = {**(found["metadata"].get("labels") or {}), **_labels(after)}
            return True

        return self._edit(name, edit, "")

    def patch_status(self, name: str, change: Callable[[Status], Status]) -> Stack | None:
        """Change what is. None where there is no such Stack."""
        return self.patch(name, lambda stack: change(stack.status))

    def patch(self, name: str, change: Callable[[Stack], Status]) -> Stack | None:
        """Change what is, by a function of the whole Stack. None where there is no such Stack."""

        def edit(found: dict[str, Any]) -> bool:
            before = from_object(found)
            after = change(before)
            if after == before.status:
                return False
            found["status"] = status_body(replace(after, conditions=conditions.of(after, now())))
            return True

        return self._edit(name, edit, "status")

    def settle_idle(self, stack: Stack) -> Stack:
        """Mark a new record that wants nothing as served."""
        settled = self.patch_status(
            stack.name, lambda status: replace(status, phase=Phase.IDLE, observed_generation=stack.generation)
        )
        return settled or stack

    def mark_comment_due(self, name: str) -> None:
        """Remember that the comment is behind."""
        self.patch_status(name, lambda status: replace(status, comment_due=True))

    def request_delete(self, name: str) -> None:
        """Ask for the Stack to go; its finalizer holds it until the teardown is done."""
        self._cluster.delete(STACKS, name)

    def close(self, name: str) -> None:
        """The pull request is closed, as GitHub said: that is the Stack's last wish, and it goes."""
        self.update_spec(name, lambda spec: replace(spec, desired=Desired.DOWN, reason=REASON_CLOSED) if spec else None)
        self.request_delete(name)

    def drop_finalizer(self, name: str) -> None:
        """Let a deleted Stack go."""

        def edit(found: dict[str, Any]) -> bool:
            found["metadata"]["finalizers"] = [
                each for each in found["metadata"].get("finalizers") or [] if each != FINALIZER
            ]
            return True

        self._edit(name, edit, "")

    def _edit(self, name: str, edit: Callable[[dict[str, Any]], bool], subresource: str) -> Stack | None:
        for _ in range(TRIES):
            found = self._cluster.get(STACKS, name)
            if found is None:
                return None
            if not edit(found):
                return from_object(found)
            try:
                return from_object(self._cluster.replace(STACKS, name, found, subresource=subresource))
            except Conflict:
                continue
            except KeyError:
                return None
        raise Unavailable("The cluster", f"the Stack {name} is changed by others all the time")


def _labels(spec: Spec) -> dict[str, str]:
    return {LABEL_LABEL: spec.label} if spec.label else {}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)
