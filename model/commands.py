"""The commands that people give in comments, as values. Text becomes a value in `bot.commands`, work in `workers`."""

from dataclasses import dataclass
from typing import Literal

PREFIX = "/devstack"


@dataclass(frozen=True, slots=True)
class Deploy:
    """Bring the pull request's stack up. `ttl` in seconds; empty `services` means those that the change touches.

    `beside` names pull requests that are brought up under the same label, as `owner/repo#12`, `repo#12` or `#12`.
    """

    services: tuple[str, ...] = ()
    label: str | None = None
    ttl: int | None = None
    sha: str | None = None
    beside: tuple[str, ...] = ()
    kind: Literal["deploy"] = "deploy"


@dataclass(frozen=True, slots=True)
class Destroy:
    """Take the stack down and keep it down until the next `deploy`."""

    kind: Literal["destroy"] = "destroy"


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with the state of the stack."""

    kind: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class Logs:
    """Answer with the last `lines` lines of a service's pods."""

    service: str
    lines: int = 50
    kind: Literal["logs"] = "logs"


@dataclass(frozen=True, slots=True)
class Trace:
    """Answer by which services a GET of this path, with its query, is answered."""

    path: str = "/"
    kind: Literal["trace"] = "trace"


@dataclass(frozen=True, slots=True)
class Extend:
    """Let the stack live `seconds` longer, within the configured cap."""

    seconds: int
    kind: Literal["extend"] = "extend"


@dataclass(frozen=True, slots=True)
class Approve:
    """Allow a fork's commit to be built and run: this SHA alone, which may be abbreviated to 7 digits or more."""

    sha: str
    kind: Literal["approve"] = "approve"


@dataclass(frozen=True, slots=True)
class Help:
    """Answer with the table of commands."""

    kind: Literal["help"] = "help"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was meant for us and is not a command: `problem` in one sentence, `hint` what was probably meant."""

    line: str
    problem: str
    hint: str = ""
    usage: str = ""
    kind: Literal["refusal"] = "refusal"


Command = Deploy | Destroy | Status | Logs | Trace | Extend | Approve | Help
Said = Command | Refusal
