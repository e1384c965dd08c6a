"""How it went with each resource, and what the run as a whole ends with."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hooks.contract import Problem, Unreachable

OK, FAILED, MALFORMED, UNANSWERED = 0, 1, 2, 3  # exit codes

READY, CHECKED, REMOVED, ABSENT, LEFT, WAITING, BROKEN = (
    "ready", "checked", "removed", "absent", "left", "waiting", "failed",
)  # fmt: skip
BAD = {WAITING, BROKEN}  # `left` is a dropped resource that could not be removed yet: the next run tries again


class Stopped(Exception):
    """The run was told to stop, or its time was up, before this was done. The sentence says which."""


@dataclass(frozen=True, slots=True)
class Result:
    """One resource's. `problem` and all else are for people; the report masks them."""

    kind: str
    name: str
    state: str
    provider: str = ""
    problem: str = ""
    remedy: str = ""
    log: str = ""
    warning: str = ""
    seconds: float = 0.0
    unanswered: bool = False  # its server did not answer: worth another run

    @property
    def key(self) -> tuple[str, str, str]:
        """As of its receipt."""
        return (self.kind, self.provider, self.name)

    @property
    def bad(self) -> bool:
        """Whether the run has failed because of it."""
        return self.state in BAD


def failure(key: tuple[str, str, str], error: Exception, seconds: float = 0.0) -> Result:
    """The result of something that was raised."""
    kind, provider, name = key
    remedy, log, unanswered = "", "", False
    if isinstance(error, Problem):
        problem, remedy, log = error.sentence, error.remedy, error.log
    elif isinstance(error, Unreachable):
        problem, unanswered = str(error), True
        remedy = "It was tried again and again until the time was up. Is it running, and may this cluster reach it?"
    elif isinstance(error, Stopped):
        problem = str(error)
    else:
        problem = f"something unforeseen happened: {type(error).__name__}: {error}"
        remedy = "This is a fault of devstack or of the server: the log of the hook's Pod has the details."
    return Result(kind, name, BROKEN, provider, problem, remedy, log, seconds=round(seconds, 2), unanswered=unanswered)


def left(result: Result) -> Result:
    """The same for something that the spec no longer has and that could not be removed yet."""
    return replace(result, state=LEFT)


def code(results: Iterable[Result]) -> int:
    """What the run ends with. That something waits for another does not count by itself: the other does."""
    bad = [result for result in results if result.bad]
    if not bad:
        return OK
    causes = [result for result in bad if result.state == BROKEN]
    return UNANSWERED if causes and all(result.unanswered for result in causes) else FAILED
