"""Who comes when under a label: a service has one holder at a time, and what is needed by others is deployed before them.

Pure rules over the Stack records; `workers.converge` and the sweep ask them.
"""

from collections.abc import Iterable, Sequence

from model.dependencies import NoReferenceError, Reference, parse, reaches
from model.routing import following
from model.stack import Claim, Desired, Phase, Role, Stack


def holder(stack: Stack, wanted: Claim, stacks: Iterable[Stack]) -> Stack | None:
    """The other member of the feature that has one of the wanted services, or is to have it; None where nobody does.

    Services are the same by their name within a repository; those of two repositories where they are served on one host or
    called by one in-cluster name besides, since both would answer for one service of the base. What is being removed is
    held until it is gone.
    """
    for other in sorted(stacks, key=lambda each: each.name):
        if other.name == stack.name or other.spec.role is not Role.FEATURE:
            continue
        claim = other.status.claim
        if claim is None or claim.label != wanted.label or not held(other) & set(wanted.services):
            continue
        same_repository = other.spec.repository.lower() == stack.spec.repository.lower()
        if same_repository or hosts_of(other) & set(wanted.hosts) or inside_of(other) & set(wanted.inside):
            return other
    return None


def held(stack: Stack) -> set[str]:
    """The services that a stack has under its label, or will have."""
    return set(stack.status.claim.services) if stack.status.claim is not None else set()


def hosts_of(stack: Stack) -> set[str]:
    """The hosts that a stack's services are served on, or will be."""
    claim = stack.status.claim
    deployed = {host for service in stack.status.services for host in service.hosts}
    return deployed | (set(claim.hosts) if claim is not None else set())


def inside_of(stack: Stack) -> set[str]:
    """The base's in-cluster routes that lead to a stack's services, or will."""
    claim, found = stack.status.claim, following.of(stack.status.receipts)
    led = {route for backend in (found.backends if found is not None else ()) for route in backend.inside}
    return led | (set(claim.inside) if claim is not None else set())


def freed(stack: Stack, stacks: Iterable[Stack]) -> bool:
    """Whether a stack that was refused its services may be tried again: who had them has them no more."""
    spec, blocked = stack.spec, stack.status.blocked
    if blocked is None or stack.deleting or spec.desired is Desired.DOWN:
        return False
    if stack.status.phase is not Phase.FAILED or stack.status.observed_generation < stack.generation:
        return False  # it is tried again already
    return blocked.label == spec.label and holder(stack, blocked, stacks) is None


def waits_for(stack: Stack, stacks: Sequence[Stack]) -> tuple[Reference, ...]:
    """The pull requests that a stack's own deploy waits for: those that it needs and that are under way just now.

    One that has ended, well or badly, is waited for no more; nor one that waits for a server, nor one that needs this one
    in turn (two wishes that were made apart may say so).
    """
    if not stack.spec.needs:
        return ()
    graph = {reference(each): needs(each) for each in stacks if each.spec.role is Role.FEATURE}
    mine = reference(stack)
    under_way = {reference(each) for each in stacks if unsettled(each) and each.spec.label == stack.spec.label}
    return tuple(each for each in needs(stack) if each in under_way and not reaches(graph, each, mine))


def unsettled(stack: Stack) -> bool:
    """Whether a stack is on its way up."""
    served = stack.status.observed_generation >= stack.generation
    return not served and not stack.deleting and stack.spec.desired is Desired.UP and not stack.status.retries


def follows(stack: Stack, other: Stack) -> bool:
    """Whether `other` may have waited for `stack`."""
    return reference(stack) in needs(other)


def reference(stack: Stack) -> Reference:
    """A stack's pull request."""
    return Reference(stack.spec.repository, stack.spec.number)


def needs(stack: Stack) -> tuple[Reference, ...]:
    """What a stack's wish names as needed."""
    found = []
    for text in stack.spec.needs:
        try:
            found.append(parse(text, stack.spec.repository))
        except NoReferenceError:  # somebody with kubectl wrote it
            continue
    return tuple(found)
