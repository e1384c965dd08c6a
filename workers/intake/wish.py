"""What a pull request wants, as a pure function of what it says and of what is already recorded."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from model import names
from model.stack import Desired, LabelSource, Spec, Stack

LABEL_PREFIX = "devstack/"
_TEXT_LABEL = re.compile(r"^\s{0,3}Devstack-Label:[ \t]*`?([^\s`]+)`?[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Label:
    """A label and who chose it; `problem` where the chosen text cannot be one (the default is used instead)."""

    text: str
    source: LabelSource
    problem: str = ""


def label_of(
    repository: str,
    number: int,
    *,
    pr_labels: Iterable[str],
    body: str,
    command: str | None,
    ambiguous: bool,
) -> Label:
    """The label by precedence: command > PR label `devstack/<label>` > `Devstack-Label:` line > `<repo>-<number>`."""
    from_labels = sorted(name.removeprefix(LABEL_PREFIX) for name in pr_labels if name.startswith(LABEL_PREFIX))
    from_text = _TEXT_LABEL.findall(body)
    candidates: Sequence[tuple[str, LabelSource]] = [
        *([(command, LabelSource.COMMAND)] if command else []),
        *((text, LabelSource.PR_LABEL) for text in from_labels[:1]),
        *((text, LabelSource.TEXT) for text in from_text[:1]),
    ]
    default = names.label(repository, number, ambiguous=ambiguous)
    for text, source in candidates:
        try:
            return Label(names.checked_label(text), source)
        except names.InvalidNameError as error:
            return Label(default, LabelSource.DEFAULT, problem=f"{error}; `{default}` is used instead")
    return Label(default, LabelSource.DEFAULT)


def ambiguous_label(repository: str, others: Iterable[Stack]) -> bool:
    """Whether a repository of the same name and another owner has a stack, so that default labels would meet."""
    name = repository.rsplit("/", 1)[-1].lower()
    return any(
        other.spec.repository.lower() != repository.lower() and other.spec.repository.rsplit("/", 1)[-1].lower() == name
        for other in others
    )


def sticks(spec: Spec, found: Label) -> Label:
    """A label that a command chose stays; of the default, the one that the stack already has stays."""
    if spec.label_from is LabelSource.COMMAND and found.source is not LabelSource.COMMAND:
        return Label(spec.label, LabelSource.COMMAND)
    if spec.label_from is LabelSource.DEFAULT and found.source is LabelSource.DEFAULT:
        return Label(spec.label, LabelSource.DEFAULT, found.problem)
    return found


def pushed(stack: Stack, sha: str, label: Label, now: datetime, ttl: int) -> Spec:
    """The wish after a push or an edit: the newest commit, alive again if it had expired, down if it was destroyed.

    The lifetime starts anew with every push. `ttl` in seconds is the repository's own, used where no command gave one.
    """
    spec = stack.spec
    moved = spec.sha != sha
    down = spec.desired is Desired.DOWN
    if down and spec.reason != "expired":
        return spec  # a person wants it down: the next `deploy` looks at everything anew
    alive = Desired.DOWN if down and not moved else Desired.UP
    return replace(
        spec,
        sha=sha,
        label=label.text,
        label_from=label.source,
        desired=alive,
        reason="push" if moved and alive is Desired.UP else spec.reason,
        expires_at=now + timedelta(seconds=spec.ttl or ttl) if moved and alive is Desired.UP else spec.expires_at,
        approved_sha=None if moved else spec.approved_sha,
    )


def capped(seconds: int, cap: int) -> int:
    """A lifetime in seconds, at most the configured cap."""
    return min(seconds, cap)


def extended(expires_at: datetime | None, seconds: int, now: datetime, cap: int) -> datetime:
    """The new end of life: `seconds` later than the old one, at most `cap` seconds from now."""
    start = max(expires_at or now, now)
    return min(start + timedelta(seconds=seconds), now + timedelta(seconds=cap))
