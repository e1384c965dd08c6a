"""What each command does and answers. Permission was checked before; a UserFault is the answer of one that cannot be.

A command may come twice (a worker that died, a webhook that was sent again): what it changes, it changes once, since the
wish names the commands that made it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from model import names
from model.commands import Approve, Deploy, Destroy, Extend, Help, Logs, Refusal, Said, Status, Trace
from model.stack import Desired, LabelSource, Phase, Spec, Stack
from workers.cluster.belonging import whose
from workers.faults import UserFault
from workers.github.values import PullRequest
from workers.intake import asked, looking, together, tracing, wish
from workers.report import sentences
from workers.world import World

NOTHING_HERE = "Nothing is deployed for this pull request."
DEPLOY_HINT = "Write `/devstack deploy` to bring it up."
AT_THE_CAP = timedelta(minutes=1)  # nearer to it than this counts as being there


@dataclass(frozen=True, slots=True)
class Order:
    """Who says something where; `key` names the comment and the line."""

    pull: PullRequest
    author: str
    installation: int | None
    key: str


def give(world: World, order: Order, said: Said) -> str:
    """Do what was said; the answer as Markdown of one paragraph or a short block."""
    stack = world.stacks.get(names.stack(order.pull.repository, order.pull.number))
    match said:
        case Refusal():
            return sentences.refusal(said)
        case Help():
            return sentences.help_answer()
        case Deploy():
            return deploy(world, order, stack, said)
        case Destroy():
            return destroy(world, order, stack)
        case Status():
            return sentences.status_answer(stack) if stack else f"{NOTHING_HERE} {DEPLOY_HINT}"
        case Logs():
            return logs(world, stack, said)
        case Trace():
            return (
                tracing.trace(world, stack, said) if stack and stack.status.services else f"{NOTHING_HERE} {DEPLOY_HINT}"
            )
        case Extend():
            return extend(world, order, stack, said)
        case Approve():
            return approve(world, order, stack, said)
        case _:
            assert_never(said)


def living(pull: PullRequest, stack: Stack | None) -> None:
    """Refuse what makes no sense on a pull request that is closed, or whose stack is just going with it."""
    if pull.state == "closed":
        raise UserFault("Closed", "This pull request is closed.", "Reopen it first.")
    if stack is not None and stack.deleting:
        raise UserFault("Going", "The stack is just being removed.", "Try again in a minute.")


def change_wish(world: World, order: Order, stack: Stack, change: Callable[[Spec], Spec]) -> Stack:
    """Change the wish, once for each command, and have it walked to; the Stack as it is then."""
    changed = world.stacks.update_spec(stack.name, lambda spec: wish.once(spec, order.key, change))
    world.enqueue_converge(stack.name)
    return changed or stack


def recorded(world: World, order: Order, stack: Stack | None) -> Stack:
    """The pull request's Stack, made where there is none."""
    return stack or asked.placeholder(world, order.pull, installation=order.installation, requested_by=order.author)


def deploy(world: World, order: Order, stack: Stack | None, said: Deploy) -> str:
    """Want the stack up, at this commit, under this label."""
    pull, cap = order.pull, world.settings.ttl_max
    living(pull, stack)
    found = asked.found_label(pull, stack, world.stacks.list(), said.label, secret=asked.label_secret(world))
    if said.label and found.problem:
        raise UserFault("Label", found.problem)
    sha = full_sha(world, order, said.sha) if said.sha else pull.head_sha
    feature = together.by_command(world, pull, stack, found, order.author, said.beside, said.label)
    together.bring_up(world, feature, order.author, order.key)
    if feature.others:
        found = wish.Label(feature.label, LabelSource.COMMAND)
    own = asked.ttl_of(world, asked.project_of(world, pull, order.installation))

    def change(spec: Spec) -> Spec:
        ttl = wish.capped(said.ttl, cap) if said.ttl else spec.ttl
        return replace(
            spec,
            sha=sha,
            head=pull.head_sha,
            base=pull.base_ref,
            label=found.text,
            label_from=found.source,
            label_problem=found.problem,
            desired=Desired.UP,
            reason="command",
            services=said.services,
            ttl=ttl,
            expires_at=datetime.now(UTC) + timedelta(seconds=ttl or own),
            requested_by=order.author,
            installation=order.installation,
            attempt=spec.attempt + 1,
            needs=feature.needed_by(pull),
            needs_problem=feature.problem,
        )

    change_wish(world, order, recorded(world, order, stack), change)
    beside = sentences.together([looking.reference(each) for each in feature.others], feature.merged)
    pinned = " The next push moves it on to the newest commit." if sha != pull.head_sha else ""
    over = f" A stack lives {sentences.duration(cap)} at most." if said.ttl and said.ttl > cap else ""
    return f"Deploying `{sha[:7]}` as `{found.text}`.{pinned}{over} {beside}".strip()


def full_sha(world: World, order: Order, given: str) -> str:
    """The full id of a commit that belongs to this pull request; UserFault for any other."""
    for sha in world.forge(order.installation).commits(order.pull.repository, order.pull.number):
        if sha.startswith(given.lower()):
            return sha
    raise UserFault(
        "Unknown commit",
        f"`{given}` is not a commit of this pull request.",
        "Name one of its commits, by 7 digits or more.",
    )


def destroy(world: World, order: Order, stack: Stack | None) -> str:
    """Want the stack down until the next `deploy`."""
    if stack is None or (stack.spec.desired is Desired.DOWN and down_already(stack, order)):
        return f"{NOTHING_HERE} {DEPLOY_HINT}"
    change_wish(world, order, stack, lambda spec: replace(spec, desired=Desired.DOWN, reason="destroyed"))
    return f"Removing `{stack.spec.label}`. Pushes do not bring it back, `/devstack deploy` does."


def down_already(stack: Stack, order: Order) -> bool:
    """Whether a stack went down before this command said so."""
    return stack.status.phase is not Phase.REMOVING and order.key not in stack.spec.done


def logs(world: World, stack: Stack | None, said: Logs) -> str:
    """The last lines of a service's pods."""
    if stack is None or not stack.status.namespace:
        return f"{NOTHING_HERE} {DEPLOY_HINT}"
    known = [service.name for service in stack.status.services]
    if said.service not in known:
        listed = ", ".join(f"`{name}`" for name in known)
        raise UserFault(
            "Unknown service", f"This stack has no service `{said.service}`.", f"It has {listed}." if listed else ""
        )
    service = next(each for each in stack.status.services if each.name == said.service)
    mine = whose(stack, stack.status.namespace)
    text = world.workloads.logs(stack.status.namespace, service.image.partition("@")[0], said.lines, mine)
    return sentences.logs_answer(said.service, world.masker.mask(text))


def extend(world: World, order: Order, stack: Stack | None, said: Extend) -> str:
    """Let the stack live longer, within the cap."""
    if stack is None or stack.spec.desired is Desired.DOWN or stack.deleting:
        return f"{NOTHING_HERE} {DEPLOY_HINT}"
    cap = world.settings.ttl_max
    now = datetime.now(UTC)
    after = change_wish(
        world,
        order,
        stack,
        lambda spec: replace(spec, expires_at=wish.extended(spec.expires_at, said.seconds, now, cap)),
    )
    until = after.spec.expires_at or now
    capped = until > now + timedelta(seconds=cap) - AT_THE_CAP
    over = f" A stack lives {sentences.duration(cap)} from now at most." if capped else ""
    return f"`{stack.spec.label}` now lives until {sentences.moment(until)}.{over}"


def approve(world: World, order: Order, stack: Stack | None, said: Approve) -> str:
    """Allow a fork's commit, this one alone. Its life begins then, however long it has waited."""
    pull = order.pull
    living(pull, stack)
    if not pull.is_fork:
        return "This pull request comes from this repository itself; nothing has to be approved."
    if not pull.head_sha.startswith(said.sha.lower()):
        raise UserFault(
            "Not the newest commit",
            f"`{said.sha}` is not the newest commit of this pull request.",
            f"Read the change, then write `/devstack approve {pull.head_sha}`.",
        )
    own = asked.ttl_of(world, asked.project_of(world, pull, order.installation))

    def change(spec: Spec) -> Spec:
        return replace(
            spec,
            sha=pull.head_sha,
            head=pull.head_sha,
            base=pull.base_ref,
            approved_sha=pull.head_sha,
            desired=Desired.UP,
            reason="approved",
            expires_at=datetime.now(UTC) + timedelta(seconds=spec.ttl or own),
            requested_by=order.author,
            attempt=spec.attempt + 1,
        )

    change_wish(world, order, recorded(world, order, stack), change)
    return f"Approved `{pull.head_sha[:7]}`, this commit alone. A push needs a new approval."
