"""What each command does and answers. Permission was checked before; a UserFault is the answer of one that cannot be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from model import names
from model.commands import Approve, Deploy, Destroy, Extend, Help, Logs, Refusal, Said, Status
from model.stack import Desired, Phase, Spec, Stack
from workers.faults import UserFault
from workers.github.values import PullRequest
from workers.intake import pull_requests, wish
from workers.report import sentences
from workers.world import World

NOTHING_HERE = "Nothing is deployed for this pull request."
DEPLOY_HINT = "Write `/devstack deploy` to bring it up."


def give(world: World, pull: PullRequest, said: Said, *, author: str, installation: int | None) -> str:
    """Do what was said; the answer as Markdown of one paragraph or a short block."""
    stack = world.stacks.get(names.stack(pull.repository, pull.number))
    match said:
        case Refusal():
            return sentences.refusal(said)
        case Help():
            return sentences.help_answer()
        case Deploy():
            return deploy(world, pull, stack, said, author, installation)
        case Destroy():
            return destroy(world, stack)
        case Status():
            return sentences.status_answer(stack) if stack else f"{NOTHING_HERE} {DEPLOY_HINT}"
        case Logs():
            return logs(world, stack, said)
        case Extend():
            return extend(world, stack, said)
        case Approve():
            return approve(world, pull, stack, said, author, installation)
        case _:
            assert_never(said)


def open_only(pull: PullRequest) -> None:
    """Refuse what makes no sense on a closed pull request."""
    if pull.state == "closed":
        raise UserFault("Closed", "This pull request is closed.", "Reopen it first.")


def deploy(
    world: World, pull: PullRequest, stack: Stack | None, said: Deploy, author: str, installation: int | None
) -> str:
    """Want the stack up, at this commit, under this label."""
    open_only(pull)
    if stack is not None and stack.deleting:
        raise UserFault("Going", "The stack is just being removed.", "Try again in a minute.")
    if stack is None:
        stack = pull_requests.record(
            world, pull, installation=installation, reason="command", requested_by=author, up=False
        )
    found = pull_requests.found_label(world, pull, stack, said.label)
    if said.label and found.problem:
        raise UserFault("Label", found.problem)
    cap = world.settings.ttl_max
    own = pull_requests.ttl_of(world, pull_requests.project_of(world, pull, installation))
    ttl = wish.capped(said.ttl or own, cap)
    sha = full_sha(world, pull, said.sha, installation) if said.sha else pull.head_sha

    def revise(spec: Spec | None) -> Spec | None:
        if spec is None:
            return None
        return replace(
            spec,
            sha=sha,
            label=found.text,
            label_from=found.source,
            desired=Desired.UP,
            reason="command",
            services=said.services,
            ttl=wish.capped(said.ttl, cap) if said.ttl else spec.ttl,
            expires_at=datetime.now(UTC) + timedelta(seconds=ttl),
            requested_by=author,
            installation=installation,
            attempt=spec.attempt + 1,
        )

    world.stacks.update_spec(stack.name, revise)
    world.enqueue_converge(stack.name)
    over = f" A stack lives {sentences.duration(cap)} at most." if said.ttl and said.ttl > cap else ""
    return f"Deploying `{sha[:7]}` as `{found.text}`.{over}"


def full_sha(world: World, pull: PullRequest, given: str, installation: int | None) -> str:
    """The full id of a commit that belongs to this pull request; UserFault for any other."""
    for sha in world.forge(installation).commits(pull.repository, pull.number):
        if sha.startswith(given.lower()):
            return sha
    raise UserFault(
        "Unknown commit",
        f"`{given}` is not a commit of this pull request.",
        "Name one of its commits, by 7 digits or more.",
    )


def destroy(world: World, stack: Stack | None) -> str:
    """Want the stack down until the next `deploy`."""
    if stack is None or (stack.spec.desired is Desired.DOWN and stack.status.phase is not Phase.REMOVING):
        return f"{NOTHING_HERE} {DEPLOY_HINT}"
    world.stacks.update_spec(
        stack.name, lambda spec: replace(spec, desired=Desired.DOWN, reason="destroyed") if spec else None
    )
    world.enqueue_converge(stack.name)
    return f"Removing `{stack.spec.label}`. Pushes do not bring it back, `/devstack deploy` does."


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
    text = world.workloads.logs(stack.status.namespace, service.image.partition("@")[0], said.lines)
    return sentences.logs_answer(said.service, world.masker.mask(text))


def extend(world: World, stack: Stack | None, said: Extend) -> str:
    """Let the stack live longer, within the cap."""
    if stack is None or stack.spec.desired is Desired.DOWN or stack.deleting:
        return f"{NOTHING_HERE} {DEPLOY_HINT}"
    cap = world.settings.ttl_max
    moment = datetime.now(UTC)
    until = wish.extended(stack.spec.expires_at, said.seconds, moment, cap)
    world.stacks.update_spec(stack.name, lambda spec: replace(spec, expires_at=until) if spec else None)
    world.enqueue_converge(stack.name)
    wanted = (stack.spec.expires_at or moment) + timedelta(seconds=said.seconds)
    over = f" A stack lives {sentences.duration(cap)} from now at most." if wanted > until else ""
    return f"`{stack.spec.label}` now lives until {sentences.moment(until)}.{over}"


def approve(
    world: World, pull: PullRequest, stack: Stack | None, said: Approve, author: str, installation: int | None
) -> str:
    """Allow a fork's commit, this one alone."""
    open_only(pull)
    if not pull.is_fork:
        return "This pull request comes from this repository itself; nothing has to be approved."
    if not pull.head_sha.startswith(said.sha.lower()):
        raise UserFault(
            "Not the newest commit",
            f"`{said.sha}` is not the newest commit of this pull request.",
            f"Read the change, then write `/devstack approve {pull.head_sha}`.",
        )
    if stack is None:
        stack = pull_requests.record(
            world, pull, installation=installation, reason="approved", requested_by=author, up=False
        )
    world.stacks.update_spec(
        stack.name,
        lambda spec: (
            replace(
                spec,
                sha=pull.head_sha,
                approved_sha=pull.head_sha,
                desired=Desired.UP,
                reason="approved",
                requested_by=author,
                attempt=spec.attempt + 1,
            )
            if spec
            else None
        ),
    )
    world.enqueue_converge(stack.name)
    return f"Approved `{pull.head_sha[:7]}`, this commit alone. A push needs a new approval."
