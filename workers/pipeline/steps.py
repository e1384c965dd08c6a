"""What a step is, and the faults that end a walk early without being faults of anybody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.stack import Phase
from workers.faults import Fault

if TYPE_CHECKING:
    from workers.pipeline.run import Run


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: `stage` is how people see it (several steps may share one), `phase` what the Stack says."""

    stage: str
    phase: Phase
    act: "Callable[[Run], None]"

    @property
    def name(self) -> str:
        """The step's name in logs and in the Stack's run."""
        return self.act.__module__.rsplit(".", 1)[-1]


class NotTrusted(Fault):
    """A fork's commit that nobody approved: nothing of it is fetched or run until somebody does."""


class PullRequestClosed(Fault):
    """The pull request was closed meanwhile: the stack is to go."""
