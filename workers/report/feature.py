"""One feature, several pull requests: what each of its comments says of the others. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from model.stack import Desired, Phase, Role, Stack
from workers.report import markdown, words
from workers.report.view import CommentView, Member

SHOWN_MOST = 20  # members
SERVICES_MOST = 8  # of one member
URLS_MOST = 4  # of one member

LIVE, FAILED, WAITING, UNDER_WAY, REMOVING = "live", "failed", "waiting", "under way", "removing"
STATES = {
    LIVE: "✅ live",
    FAILED: "❌ could not be deployed",
    WAITING: "🟠 waits for an approval",
    UNDER_WAY: "⏳ under way",
    REMOVING: "🟡 being removed",
}
_UNSETTLED = (Phase.QUEUED, Phase.BUILDING, Phase.DEPLOYING, Phase.VERIFYING, Phase.REMOVING)
_SETTLED = {Phase.READY: LIVE, Phase.FAILED: FAILED, Phase.WAITING: WAITING}


def members(stack: Stack, stacks: Iterable[Stack], web: str) -> tuple[Member, ...]:
    """The feature that a stack is part of, itself among them; nothing where it is alone. `web` is where people look at
    repositories.

    Who only asks for the label is no member: a run was trusted under it.
    """
    if not belongs(stack, stack.spec.label):
        return ()
    found = [each for each in stacks if each.name != stack.name and belongs(each, stack.spec.label)]
    if not found:
        return ()
    ordered = sorted([stack, *found], key=lambda each: (each.spec.repository.lower(), each.spec.number))
    return tuple(member(each, web) for each in ordered)


def belongs(stack: Stack, label: str) -> bool:
    """Whether a stack is part of the feature of this label."""
    claim = stack.status.claim
    return stack.spec.role is Role.FEATURE and stack.spec.label == label and claim is not None and claim.label == label


def member(stack: Stack, web: str) -> Member:
    """One of them. While a live one is being renewed, it is as it was before."""
    spec, status = stack.spec, stack.status
    state = state_of(stack)
    return Member(
        repository=spec.repository,
        number=spec.number,
        url=f"{web}/{spec.repository}/pull/{spec.number}",
        services=tuple(service.name for service in status.services),
        state=state,
        preview_urls=status.urls if state != REMOVING else (),
    )


def state_of(stack: Stack) -> str:
    """In which of the states a stack is for the others."""
    if stack.deleting or stack.spec.desired is Desired.DOWN:
        return REMOVING
    settled = _SETTLED.get(stack.status.phase)
    return settled or (LIVE if stack.status.services else UNDER_WAY)


def told(shown: Sequence[Member], repository: str, number: int) -> str:
    """What of a feature the comment of one member is to follow: the others, as far as they stand still. Two that are alike
    need no new comment."""
    still = [
        asdict(each)
        for each in shown
        if each.state not in (UNDER_WAY, REMOVING) and (each.repository, each.number) != (repository, number)
    ]
    return hashlib.sha256(json.dumps(still).encode()).hexdigest()[:16] if still else ""


def behind(stack: Stack, stacks: Iterable[Stack], web: str) -> bool:
    """Whether a stack's comment says something of the others that is not so any more. One that is under way is about to
    be written in any case."""
    spec, status = stack.spec, stack.status
    written_soon = status.run is not None and status.phase in _UNSETTLED
    if spec.role is not Role.FEATURE or stack.deleting or written_soon:
        return False
    shown = members(stack, stacks, web)
    return told(shown, spec.repository, spec.number) != status.members


def section(view: CommentView) -> markdown.Safe:
    """The table of the members; empty where there are none."""
    if not view.members:
        return markdown.Safe("")
    rows = [_row(each, view) for each in view.members[:SHOWN_MOST]]
    more = len(view.members) - len(rows)
    lines = [
        f"**One feature** under the label {markdown.code(view.label)}:",
        "",
        "| Pull request | Services | State | Open |",
        "| :-- | :-- | :-- | :-- |",
        *rows,
        *(["", f"and {words.counted(more, 'pull request')} more"] if more else []),
    ]
    return markdown.Safe("\n".join(lines))


def _row(each: Member, view: CommentView) -> str:
    name = f"[{_cell(markdown.plain(f'{each.repository}#{each.number}'))}](<{each.url}>)"
    here = (each.repository, each.number) == (view.repository, view.number)
    services = ", ".join(markdown.cell(service) for service in each.services[:SERVICES_MOST])
    left_out = len(each.services) - SERVICES_MOST
    services += f" and {left_out} more" if left_out > 0 else ""
    urls = " · ".join(_cell(markdown.link(url)) for url in each.preview_urls[:URLS_MOST])
    state = STATES.get(each.state) or _cell(markdown.plain(each.state))
    return f"| {name}{' (this one)' if here else ''} | {services} | {state} | {urls} |"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)
