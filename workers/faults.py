"""The kinds of fault. A user's fault is shown with what to do; one of ours is logged and shown as one generic line."""

from collections.abc import Sequence


class Fault(Exception):
    """Something that ends a run."""


class UserFault(Fault):
    """What a pull request brings cannot work. Everything in it may be shown to people; `log` is the tool's last words."""

    def __init__(self, title: str, explanation: str, remedy: str = "", log: str = "") -> None:
        super().__init__(f"{title}: {explanation}")
        self.title = title
        self.explanation = explanation
        self.remedy = remedy
        self.log = log


class OurFault(Fault):
    """Something on our side is wrong. The message is for the logs, people see a generic line with the run id."""


class Unavailable(OurFault):
    """A server that we need does not answer now: worth another try. `what` names it for people."""

    def __init__(self, what: str, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{what} is unavailable: {detail}" if detail else f"{what} is unavailable")
        self.what = what
        self.detail = detail
        self.retry_after = retry_after  # seconds


class Remaining(OurFault):
    """Things that should be gone are still there; `things` names each by kind and name, for people too."""

    def __init__(self, things: Sequence[str]) -> None:
        super().__init__("still there: " + ", ".join(things))
        self.things = tuple(things)


class Superseded(Fault):
    """The wish changed while the run was under way: stop at once, the next run takes over."""
