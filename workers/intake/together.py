"""Pull requests that are deployed together, by `--with` or by a line `Depends-On: owner/repo#12`, under one label.

Who asks needs write access to each of them; it is asked of the code host now. What a command names must work, or the
command is refused; what a text names and cannot be had is left out and told. A text may be changed by others than the
author: it counts by whoever writes a command, or by who wrote that very line, as the signed webhook says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from model import dependencies, names
from model.dependencies import Reference
from model.stack import Desired, LabelSource, Phase, Spec, Stack
from workers.faults import UserFault
from workers.github.values import PullRequest
from workers.intake import asked, wish
from workers.intake.looking import Look, Problem, Refused, reference
from workers.report import together as said
from workers.world import World

TITLE = "Cannot be deployed together"
STRENGTH = {LabelSource.DEFAULT: 0, LabelSource.TEXT: 1, LabelSource.PR_LABEL: 2, LabelSource.COMMAND: 3}


@dataclass(frozen=True, slots=True)
class Feature:
    """What was found: the others in the order of their deploys, who needs whom, and what a text names in vain."""

    others: tuple[PullRequest, ...] = ()
    label: str = ""
    needs: Mapping[Reference, tuple[str, ...]] = field(default_factory=dict)
    merged: tuple[Reference, ...] = ()
    problem: str = ""

    def needed_by(self, pull: PullRequest) -> tuple[str, ...]:
        """What a pull request needs, as its wish has it."""
        return self.needs.get(reference(pull), ())


def by_command(
    world: World,
    pull: PullRequest,
    stack: Stack | None,
    found: wish.Label,
    by: str,
    beside: Sequence[str],
    label: str | None,
) -> Feature:
    """The feature that a `deploy` asks for. UserFault where something that it names cannot be had."""
    try:
        wanted = [dependencies.parse(text, pull.repository) for text in beside]
        look = Look(world, pull, by, commanded=frozenset(wanted))
        named = dependencies.named_in(pull.body, pull.repository)
        look.note(look.start, named)
        return put_together(look, [*wanted, *named.references], stack, found, label)
    except dependencies.NoReferenceError as error:
        raise UserFault(TITLE, f"{error}.") from error
    except Refused as refused:
        if beside:
            raise UserFault(TITLE, *refused.problem) from refused
        return Feature(problem=said.left_out([refused.problem, *in_vain(look)]))


def by_text(
    world: World, pull: PullRequest, stack: Stack | None, found: wish.Label, wrote: str, depends: Sequence[str]
) -> Feature:
    """The feature that a text asks for: what `wrote` has put there, besides what the stack needs already."""
    named = dependencies.named_in(pull.body, pull.repository)
    known = set(stack.spec.needs) if stack is not None else set()
    new = [each for each in named.references if str(each) not in known]
    vouched = [each for each in new if wrote and str(each).lower() in {text.lower() for text in depends}]
    others = [each for each in new if each not in vouched]
    look = Look(world, pull, wrote, by_command=False)
    look.note(look.start, named)
    try:
        if vouched and not look.may_write(pull.repository):
            raise Refused(said.no_rights(reference(pull), wrote))
        feature = put_together(look, vouched, stack, found, None)
    except Refused as refused:
        feature = Feature(problem=said.left_out([refused.problem, *in_vain(look)]))
    if others:
        feature = replace(feature, problem=f"{feature.problem} {said.not_vouched(others)}".strip())
    return feature


def put_together(
    look: Look, wanted: Sequence[Reference], stack: Stack | None, found: wish.Label, label: str | None
) -> Feature:
    """The feature of what is wanted and of all that it needs in turn. Raises Refused for a circle, or where two labels were
    chosen by command and this command names none."""
    start = look.start
    graph = dependencies.gathered(start, lambda each: look.usable(wanted) if each == start else look.needs(each))
    try:
        order = [each for each in dependencies.order(graph, start) if each != start and each in look.pulls]
    except dependencies.CycleError as cycle:
        raise Refused(said.circle(str(cycle))) from cycle
    return Feature(
        others=tuple(look.pulls[each] for each in order),
        label=label or (label_for(start, stack, found, [(each, look.stacks[each]) for each in order]) if order else ""),
        needs={each: tuple(str(other) for other in needed if other in look.pulls) for each, needed in graph.items()},
        merged=tuple(look.merged),
        problem=said.left_out([*look.problems.values(), *in_vain(look)]).strip(),
    )


def in_vain(look: Look) -> Iterator[Problem]:
    """What texts name and was not looked at."""
    for word in look.unknown:
        yield said.no_name(word), ""
    if look.left_out:
        yield said.too_many(tuple(look.left_out), dependencies.MOST)
    for each in look.cut:
        yield said.goes_on(each, dependencies.MOST)


def label_for(
    start: Reference, stack: Stack | None, found: wish.Label, others: Sequence[tuple[Reference, Stack | None]]
) -> str:
    """Whose label counts: one that a command chose; else one that a pull request's label or text chose; else that of
    who is up already. Of equals that of who asks, then of who comes first. Refused where commands chose several."""
    mine = (STRENGTH[found.source], up(stack), start, found.text)
    theirs = [
        (STRENGTH[other.spec.label_from], True, each, other.spec.label) for each, other in others if other and up(other)
    ]
    candidates = [mine, *theirs]
    chosen = [(str(each), label) for strength, _, each, label in candidates if strength == STRENGTH[LabelSource.COMMAND]]
    if len({label for _, label in chosen}) > 1:
        raise Refused(said.which_label(chosen))
    return max(candidates, key=lambda each: each[:2])[3]


def up(stack: Stack | None) -> bool:
    """Whether a stack is wanted up."""
    return stack is not None and stack.spec.desired is Desired.UP and not stack.deleting


def bring_up(world: World, feature: Feature, by: str, key: str) -> None:
    """Wish the others up under the feature's label, what is needed first. `key` names the command: none counts twice.

    Raises `Busy` where one of them is just being decided upon: the whole is taken up again then.
    """
    for pull in feature.others:
        with world.alone_with(pull.repository, pull.number):
            stack = world.stacks.get(names.stack(pull.repository, pull.number))
            if stack is None:
                stack = asked.placeholder(world, pull, installation=None, requested_by=by)
            if stack.deleting:
                continue
            again = bool(key) and stack.status.phase is Phase.FAILED
            ttl = asked.ttl_of(world, asked.project_of(world, pull, stack.spec.installation))
            ends = datetime.now(UTC) + timedelta(seconds=stack.spec.ttl or ttl)
            wanted = Wanted(pull, feature.label, feature.needed_by(pull), by, ends, again)
            world.stacks.update_spec(stack.name, partial(wanted.changed, key))
            world.enqueue_converge(stack.name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a feature wants of one of its members."""

    pull: PullRequest
    label: str
    needs: tuple[str, ...]
    by: str
    ends: datetime
    again: bool  # a deploy that failed is tried once more

    def changed(self, key: str, spec: Spec | None) -> Spec | None:
        """The member's wish after a command, which counts once, or after a text (no key), which may be read again."""
        if spec is None or self.joined(spec) == spec:
            return spec  # it is up as it should be, and is left alone
        return wish.once(spec, key, self.joined) if key else self.joined(spec)

    def joined(self, spec: Spec) -> Spec:
        """The member's wish. Who is up already keeps commit, services and lifetime, and changes the label at most."""
        under = replace(spec, label=self.label, label_from=LabelSource.COMMAND, label_problem="")
        under = replace(under, needs=tuple(dict.fromkeys([*spec.needs, *self.needs])))
        if spec.label != self.label:
            under = replace(under, requested_by=self.by)
        if spec.desired is Desired.UP:
            return replace(under, attempt=spec.attempt + self.again)
        return replace(
            under,
            sha=self.pull.head_sha,
            head=self.pull.head_sha,
            base=self.pull.base_ref,
            desired=Desired.UP,
            reason="command",
            expires_at=self.ends,
            requested_by=self.by,
            attempt=spec.attempt + 1,
        )
