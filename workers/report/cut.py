"""Making a view smaller until its comment fits: the log first and from its head, then what matters least."""

from collections.abc import Callable
from dataclasses import replace

from workers.report.view import CommentView, Member, Picture

Cut = Callable[[CommentView], CommentView]

LOG_LEAST = 400  # characters of a log that are worth showing
ROOM = 200  # for what is said about the cut
ELLIPSIS = "…"
CODE_SIGNS = "`~\\"  # half of one at the end would mean something else


def size(text: str) -> int:
    """Characters as the strictest counter sees them: UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def head(text: str, most: int) -> str:
    """The beginning of a text, of at most `most` characters."""
    return text if len(text) <= most else f"{text[: max(0, most - 1)].rstrip(CODE_SIGNS)}{ELLIPSIS}"


def tail(text: str, most: int) -> str:
    """The end of a text, of at most `most` characters, from the beginning of a line."""
    if len(text) <= most:
        return text
    kept = text[-most:]
    rest = kept.partition("\n")[2]
    return f"{ELLIPSIS}\n{rest or kept}"


def shorter_log(view: CommentView, over: int) -> CommentView:
    """The view with `over` characters less of the log, taken from its head."""
    if view.failure is None or not view.failure.log:
        return view
    keep = max(LOG_LEAST, len(view.failure.log) - over - ROOM)
    return replace(view, failure=replace(view.failure, log=tail(view.failure.log, keep)))


def _answers(most: int) -> Cut:
    def cut(view: CommentView) -> CommentView:
        answers = tuple(
            replace(each, answer=head(each.answer, most), command=head(each.command, 200)) for each in view.answers
        )
        return replace(view, answers=answers)

    return cut


def _last_answers(count: int) -> Cut:
    return lambda view: replace(view, answers=view.answers[:count])


def _picture(view: CommentView) -> CommentView:
    return replace(view, picture=Picture())


def _probes(view: CommentView) -> CommentView:
    wrong = tuple(probe for probe in view.probes if not probe.ok)
    return replace(view, probes=wrong[:20])


def _lists(count: int, most: int) -> Cut:
    def some(entries: tuple[str, ...]) -> tuple[str, ...]:
        more = (f"and {len(entries) - count} more",) if len(entries) > count else ()
        return (*(head(entry, most) for entry in entries[:count]), *more)

    return lambda view: replace(
        view,
        removed=some(view.removed),
        left=some(view.left),
        notes=some(view.notes),
        preview_urls=view.preview_urls[:count],
        base_urls=view.base_urls[:count],
        stages=view.stages[:count],
    )


def _texts(most: int) -> Cut:
    def cut(view: CommentView) -> CommentView:
        failure = view.failure and replace(
            view.failure,
            title=head(view.failure.title, 200),
            explanation=head(view.failure.explanation, most),
            remedy=head(view.failure.remedy, most),
        )
        return replace(view, failure=failure, message=head(view.message, most), previous=head(view.previous, 500))

    return cut


def _services(count: int) -> Cut:
    def cut(view: CommentView) -> CommentView:
        if len(view.services) <= count:
            return view
        note = f"and {len(view.services) - count} more services"
        return replace(view, services=view.services[:count], notes=(*view.notes, note))

    return cut


def _members(count: int, most: int) -> Cut:
    def shorter(member: Member) -> Member:
        services, urls = member.services[:most], member.preview_urls[:most]
        return replace(member, services=services, preview_urls=urls)

    return lambda view: replace(view, members=tuple(shorter(each) for each in view.members[:count]))


def _names(view: CommentView) -> CommentView:
    """Names that no config of ours allows; they may still stand in an old record."""
    services = tuple(
        replace(each, name=head(each.name, 60), image=each.image[-200:], commit=each.commit[:64], state=each.state[:60])
        for each in view.services
    )
    stages = tuple(replace(each, name=head(each.name, 40), note=head(each.note, 120)) for each in view.stages[:10])
    return replace(
        view, services=services, stages=stages, label=head(view.label, 60), run_id=head(view.run_id, 60),
        sha=view.sha[:64], header=head(view.header, 64),
    )  # fmt: skip


def _bare(view: CommentView) -> CommentView:
    """All that is left to say is what the headline says."""
    return CommentView(
        repository=view.repository[:200], number=view.number, label=view.label, sha=view.sha, phase=view.phase,
        run_id=view.run_id, header=view.header, updated_at=view.updated_at,
    )  # fmt: skip


# In this order, until the comment fits.
CUTS: tuple[Cut, ...] = (
    *(_answers(most) for most in (4000, 1000, 200)),
    _probes,
    _picture,
    _lists(40, 300),
    _texts(6000),
    _services(60),
    _members(20, 8),
    *(_last_answers(count) for count in (3, 1, 0)),
    _texts(1500),
    _lists(10, 120),
    _services(15),
    _members(5, 3),
    _names,
    _bare,
)
