"""Looks at pull requests that somebody wants deployed along, on their behalf: may they, and is there anything to deploy?"""

from collections.abc import Sequence
from dataclasses import replace

from model import dependencies, names
from model.dependencies import Reference
from model.stack import REASON_EXPIRED, Desired, Stack
from workers import watched
from workers.faults import OurFault, Unavailable
from workers.github.values import PullRequest
from workers.intake import wish
from workers.report import together as said
from workers.world import World

Problem = tuple[str, str]  # what is wrong, what to do
LOOKED_MOST = 2 * dependencies.MOST  # that are looked at, also in vain: each costs requests to the code host


class Refused(Exception):
    """These cannot be deployed together."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(" ".join(problem))
        self.problem = problem


def reference(pull: PullRequest) -> Reference:
    """A pull request's own."""
    return Reference(pull.repository, pull.number)


class Look:
    """Looks at pull requests on behalf of one person, each once; at so many as may come along, and no further."""

    def __init__(
        self,
        world: World,
        pull: PullRequest,
        by: str,
        *,
        commanded: frozenset[Reference] = frozenset(),
        by_command: bool = True,
    ) -> None:
        self._world = world
        self.start = reference(pull)
        self._by = by
        self._commanded = commanded
        self._by_command = by_command
        self.pulls: dict[Reference, PullRequest] = {}
        self.stacks: dict[Reference, Stack | None] = {}
        self.merged: dict[Reference, None] = {}
        self.problems: dict[Reference, Problem] = {}
        self.unknown: dict[str, None] = {}
        self.left_out: dict[Reference, None] = {}  # not looked at any more
        self.cut: dict[Reference, None] = {}  # whose texts name more than is read

    def usable(self, wanted: Sequence[Reference]) -> list[Reference]:
        """Those that can be deployed along. Refused where one cannot that a command names."""
        return [each for each in wanted if each == self.start or self._is_usable(each)]

    def needs(self, each: Reference) -> list[Reference]:
        """What one of the others needs, by its text."""
        pull = self.pulls[each]
        named = dependencies.named_in(pull.body, pull.repository)
        if (
            not self._by_command
        ):  # the writer of one text does not vouch for another's: that counts as far as it did before
            stack = self.stacks[each]
            known = stack.spec.needs if stack is not None else ()
            return self.usable([other for other in named.references if str(other) in known])
        self.note(each, named)
        return self.usable(named.references)

    def note(self, each: Reference, named: dependencies.Named) -> None:
        """Keep what a text names in vain."""
        self.unknown |= dict.fromkeys(named.unknown)
        if named.cut:
            self.cut.setdefault(each)

    def may_write(self, repository: str) -> bool:
        """Whether the person has write access; not where the bot itself sees nothing."""
        try:
            return self._world.forge(None).can_write(repository, self._by)
        except Unavailable:
            raise
        except OurFault:  # not installed there
            return False

    def _is_usable(self, each: Reference) -> bool:
        if not any(each in known for known in (self.pulls, self.merged, self.problems)):
            looked = len(self.pulls) + len(self.merged) + len(self.problems)
            if len(self.pulls) >= dependencies.MOST or looked >= LOOKED_MOST:
                self.left_out.setdefault(each)
                return False
            problem = self._problem(each)
            if problem and each in self._commanded:
                raise Refused(problem)
            if problem:
                self.problems[each] = problem
        return each in self.pulls

    def _problem(self, each: Reference) -> Problem | None:
        """What keeps one from being deployed along; where nothing does, it is kept."""
        world = self._world
        if not watched.wanted(world.settings, each.repository):
            return said.not_served(each)
        if not self.may_write(each.repository):
            return said.no_rights(each, self._by)
        pull = world.forge(None).pull(each.repository, each.number)
        if pull is None:
            return said.unknown(each)
        if pull.base_repo.lower() == each.repository.lower():
            pull = replace(pull, repository=pull.base_repo)  # as the host spells it, whatever the person wrote
        if pull.merged:
            self.merged[each] = None
            return None
        if pull.state == "closed":
            return said.closed(each)
        stack = world.stacks.get(names.stack(each.repository, each.number))
        if stack is not None and stack.deleting:
            return said.going(each)
        if stack is not None and not self._by_command and taken_down(stack):
            return said.destroyed(each)
        self.pulls[each], self.stacks[each] = pull, stack
        return None


def taken_down(stack: Stack) -> bool:
    """Whether a person wanted a stack down."""
    spec = stack.spec
    return spec.desired is Desired.DOWN and spec.reason != REASON_EXPIRED and not wish.wishless(spec)
