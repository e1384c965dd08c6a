"""The one comment that we keep on a pull request: found by hidden marker and own author, edited in place.

What GitHub says counts, not what we remember: reads are plenty, writes are dear. Comments of others are never touched,
not even with the same marker in them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from workers.faults import OurFault, Unavailable
from workers.github import shapes
from workers.github.answer import SERVER
from workers.github.calls import Calls
from workers.github.errors import Gone

if TYPE_CHECKING:
    import redis

log = structlog.get_logger(__name__)

MARKER = "<!-- devstack:comment"
COMMENTS_PAGES = 50  # of 100 each
PROGRESS_SECONDS = 5  # between two edits of one comment that only tell progress
LOCK_SECONDS = 30.0
LOCK_WAIT_SECONDS = 10.0

_MARKED = re.compile(rf"^{re.escape(MARKER)}", re.MULTILINE)  # at the start of a line: a quotation is none


def marked(body: str) -> bool:
    """Whether a text carries the marker as we write it."""
    return _MARKED.search(body) is not None


def same(one: str, other: str) -> bool:
    """Whether two texts are one to GitHub, which may change line ends and outer blanks."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


class Sticky:
    """Writes the comment, at most one progress edit every few seconds however many workers tell of it."""

    def __init__(self, redis: "redis.Redis", progress_seconds: int = PROGRESS_SECONDS) -> None:
        self._redis = redis
        self._progress_seconds = progress_seconds

    def write(
        self, calls: Calls, repository: str, number: int, body: str, *, known_id: int | None, final: bool
    ) -> int | None:
        """Bring the comment up to `body`, which must carry the marker; the comment's id.

        Unless `final`, the write may be left out, and then `known_id` comes back. Raises as `GitHub`'s calls.
        """
        if not marked(body):
            raise OurFault(f"a comment without `{MARKER}` would not be found again")
        if not final and not self._due(repository, number):
            return known_id
        try:
            return self._write(Thread(calls, repository, number, droppable=not final), body, known_id)
        except Unavailable:
            if final:
                raise
            log.info("progress left out", repository=repository, number=number)
            return known_id

    def _write(self, thread: "Thread", body: str, known_id: int | None) -> int:
        known = thread.get(known_id) if known_id is not None else None
        if known is not None and thread.edit(known, body):
            return known.id
        with self._alone(thread):
            mine = thread.ours() or thread.created(body)
        oldest, *newer = mine
        for comment in newer:
            thread.delete(comment)
        if not thread.edit(oldest, body):
            raise Unavailable(SERVER, f"our comment on {thread} was deleted at this moment")
        return oldest.id

    def _due(self, repository: str, number: int) -> bool:
        key = f"devstack:github:progress:{repository}#{number}".lower()
        try:
            return bool(self._redis.set(key, 1, nx=True, ex=self._progress_seconds))
        except RedisError as error:
            log.warning("progress is not coalesced", error=str(error))
            return True

    @contextmanager
    def _alone(self, thread: "Thread") -> Iterator[None]:
        """Two workers seldom make a comment at once; where Redis cannot keep them apart, the look afterwards does."""
        lock = self._redis.lock(
            f"devstack:github:comment:{thread}".lower(), timeout=LOCK_SECONDS, blocking_timeout=LOCK_WAIT_SECONDS
        )
        try:
            held = lock.acquire()
        except RedisError:
            held = False
        try:
            yield
        finally:
            if held:
                with suppress(RedisError):  # it ran out, or Redis is gone
                    lock.release()


class Thread:
    """The comments of one pull request."""

    def __init__(self, calls: Calls, repository: str, number: int, *, droppable: bool) -> None:
        self._calls = calls
        self._droppable = droppable
        self.repository = repository
        self.number = number

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"

    def get(self, comment_id: int) -> shapes.Comment | None:
        """Our comment by its id; None where it was deleted, or is not ours, or is not here."""
        answer = self._calls.send("GET", self.repository, f"/issues/comments/{comment_id}")
        comment = None if answer.missing else shapes.read(shapes.Comment, answer)
        here = comment is not None and comment.issue_url.endswith(f"/issues/{self.number}")
        return comment if comment is not None and here and self._is_ours(comment) else None

    def ours(self) -> list[shapes.Comment]:
        """Our marked comments, oldest first."""
        found: dict[int, shapes.Comment] = {}
        for answer in self._calls.pages(self.repository, f"/issues/{self.number}/comments", COMMENTS_PAGES):
            if answer.missing:
                raise Gone(f"GitHub shows us no {self}")
            for comment in shapes.read(list[shapes.Comment], answer):
                if self._is_ours(comment) and marked(comment.body or ""):
                    found[comment.id] = comment
        return [found[key] for key in sorted(found)]

    def created(self, body: str) -> list[shapes.Comment]:
        """All our marked comments, oldest first, after one was made: another worker may have made one as well."""
        answer = self._calls.send("POST", self.repository, f"/issues/{self.number}/comments", body={"body": body})
        if answer.missing:
            raise Gone(f"GitHub lets us not comment on {self}")
        made = shapes.read(shapes.Comment, answer)
        others = [comment for comment in self.ours() if comment.id != made.id]
        return sorted([made, *others], key=lambda comment: comment.id)

    def edit(self, comment: shapes.Comment, body: str) -> bool:
        """Give a comment this body, unless it has it; False where the comment was deleted meanwhile."""
        if same(comment.body or "", body):
            return True
        answer = self._calls.send(
            "PATCH",
            self.repository,
            f"/issues/comments/{comment.id}",
            body={"body": body},
            droppable=self._droppable,
        )
        return not answer.missing

    def delete(self, comment: shapes.Comment) -> None:
        """Take away a comment of ours."""
        log.info("second comment removed", thread=str(self), comment=comment.id)
        self._calls.send("DELETE", self.repository, f"/issues/comments/{comment.id}")

    def _is_ours(self, comment: shapes.Comment) -> bool:
        author = comment.user.login if comment.user else ""
        return author.lower() == self._calls.access.login().lower()
