"""What a pull request wants, as a pure function of what it says and of what is already recorded."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from model import lines, names
from model.stack import REASON_ANSWER, REASON_EXPIRED, Desired, LabelSource, Spec, Stack

LABEL_PREFIX = "devstack/"
COMMANDS_KEPT = 20
_TEXT_LABEL = re.compile(r" {0,3}Devstack-Label:[ \t]*`?([^\s`]+)`?[ \t]*", re.IGNORECASE)


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
    secret: str = "",
) -> Label:
    """The label by precedence: command > PR label `devstack/<label>` > `Devstack-Label:` line > `<repo>-<number>`."""
    from_labels = sorted(name.removeprefix(LABEL_PREFIX) for name in pr_labels if name.startswith(LABEL_PREFIX))
    from_text = [found[1] for line in lines.visible(body) if (found := _TEXT_LABEL.fullmatch(line))]
    candidates: Sequence[tuple[str, LabelSource]] = [
        *([(command, LabelSource.COMMAND)] if command else []),
        *((text, LabelSource.PR_LABEL) for text in from_labels[:1]),
        *((text, LabelSource.TEXT) for text in from_text[:1]),
    ]
    default = names.label(repository, number, ambiguous=ambiguous, secret=secret)
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
        return Label(spec.label, LabelSource.COMMAND)  # what else is asked for does not matter then
    if spec.label_from is LabelSource.DEFAULT and found.source is LabelSource.DEFAULT:
        return Label(spec.label, LabelSource.DEFAULT, found.problem)
    return found


def wishless(spec: Spec) -> bool:
    """Whether a record was only made to have a place for answers: nobody has wished anything yet."""
    return spec.desired is Desired.DOWN and spec.reason == REASON_ANSWER


def moved(spec: Spec, head: str) -> bool:
    """Whether the pull request has another newest commit than when this was wished. What is deployed may be an older
    one, which a command named: that holds until the next push."""
    return (spec.head or spec.sha) != head


def pushed(stack: Stack, head: str, base: str, label: Label, now: datetime, ttl: int) -> Spec:
    """The wish after a push or an edit: the newest commit, alive again if it had expired, down if it was destroyed.

    `head` is the pull request's newest commit, `base` the branch that it goes to. The lifetime starts anew with every
    push. `ttl` in seconds is the repository's own, used where no command gave one.
    """
    spec = stack.spec
    down = spec.desired is Desired.DOWN
    if down and spec.reason != REASON_EXPIRED:
        return spec  # a person wants it down: the next `deploy` looks at everything anew
    followed = replace(spec, base=base, label=label.text, label_from=label.source, label_problem=label.problem)
    if not moved(spec, head):
        return followed
    return replace(
        followed,
        sha=head,
        head=head,
        desired=Desired.UP,
        reason="push",
        expires_at=now + timedelta(seconds=spec.ttl or ttl),
        approved_sha=None,
    )


def once(spec: Spec | None, key: str, change: Callable[[Spec], Spec]) -> Spec | None:
    """The wish after a command, whose `key` names its comment and line. One that comes twice changes nothing."""
    if spec is None or key in spec.done:
        return spec
    return replace(change(spec), done=(*spec.done, key)[-COMMANDS_KEPT:])


def capped(seconds: int, cap: int) -> int:
    """A lifetime in seconds, at most the configured cap."""
    return min(seconds, cap)


def extended(expires_at: datetime | None, seconds: int, now: datetime, cap: int) -> datetime:
    """The new end of life: `seconds` later than the old one, at most `cap` seconds from now."""
    start = max(expires_at or now, now)
    return min(start + timedelta(seconds=seconds), now + timedelta(seconds=cap))
