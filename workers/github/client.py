"""What the workers ask of GitHub: values in, values out, faults of `workers.faults` and `workers.github.errors`."""

import base64
from collections.abc import Sequence
from pathlib import PurePosixPath

from workers.faults import UserFault
from workers.github import shapes
from workers.github.answer import Answer
from workers.github.calls import Calls, part
from workers.github.errors import Gone
from workers.github.sticky import Sticky
from workers.github.values import GitCredentials, Permission, PullRequest

OPEN_PULLS_PAGES = 30  # of 100 each
COMMITS_PAGES = 3  # GitHub lists 250 at most
REACTIONS_PAGES = 10
GIT_USERNAME = "x-access-token"
DESCRIPTION_MAX = 140  # characters that GitHub takes


class GitHub:
    """One installation's view of GitHub. Safe for threads; cheap to make.

    Every call may raise `Unavailable` (try later), `BadCredentials`, `Forbidden`, `Gone` or another `OurFault`.
    """

    def __init__(self, calls: Calls, sticky: Sticky) -> None:
        self._calls = calls
        self._sticky = sticky

    def pull(self, repository: str, number: int) -> PullRequest | None:
        """A pull request as it is now; None where it is not to be seen, which proves nothing."""
        answer = self._calls.send("GET", repository, f"/pulls/{number}")
        return None if answer.missing else shapes.read(shapes.Pull, answer).value(repository)

    def open_pulls(self, repository: str) -> list[PullRequest]:
        """The open pull requests, newest first, each once. Raises `Gone` where the repository is not to be seen."""
        found: dict[int, PullRequest] = {}
        pages = self._calls.pages(repository, "/pulls", OPEN_PULLS_PAGES, state="open", sort="created", direction="desc")
        for answer in pages:
            for pull in shapes.read(list[shapes.Pull], present(answer, repository)):
                found[pull.number] = pull.value(repository)
        return list(found.values())

    def commits(self, repository: str, number: int) -> Sequence[str]:
        """The full ids of a pull request's commits, oldest first; the first 250 where there are more."""
        pages = self._calls.pages(repository, f"/pulls/{number}/commits", COMMITS_PAGES)
        return [
            commit.sha
            for answer in pages
            for commit in shapes.read(list[shapes.Commit], present(answer, f"{repository}#{number}"))
        ]

    def permission(self, repository: str, login: str) -> Permission:
        """What a person may do here; a name that GitHub does not know may do nothing."""
        answer = self._calls.send("GET", repository, f"/collaborators/{part(login)}/permission")
        if answer.missing:
            return Permission.NONE
        word = shapes.read(shapes.Collaborator, answer).permission
        return PERMISSIONS.get(word, Permission.NONE)

    def can_write(self, repository: str, login: str) -> bool:
        """Whether a person has write access."""
        return self.permission(repository, login).writes

    def file(self, repository: str, path: str, ref: str) -> bytes | None:
        """A file's content at a commit; None where there is no such file (a folder is none).

        Raises UserFault above 1 MB, of which GitHub sends no content.
        """
        pieces = PurePosixPath(path).parts
        if ".." in pieces or PurePosixPath(path).is_absolute():
            return None
        place = "/".join(part(piece) for piece in pieces)
        answer = self._calls.send("GET", repository, f"/contents/{place}", parameters={"ref": ref})
        if answer.missing or isinstance(answer.data, list):
            return None
        content = shapes.read(shapes.Content, answer)
        if content.type != "file":
            return None
        if content.encoding != "base64":
            raise UserFault("File too large", f"`{path}` has {content.size} bytes.", "At most 1 MB of it can be read.")
        return base64.b64decode(content.content)

    def default_branch(self, repository: str) -> str:
        """The name of the default branch."""
        answer = self._calls.send("GET", repository, "")
        return shapes.read(shapes.Repository, present(answer, repository)).default_branch

    def branch_head(self, repository: str, branch: str) -> str | None:
        """The commit that a branch points to; None where there is no such branch."""
        answer = self._calls.send("GET", repository, f"/branches/{part(branch)}")
        return None if answer.missing else shapes.read(shapes.Branch, answer).sha

    def react(self, repository: str, comment_id: int, content: str) -> bool:
        """Leave a reaction; False where ours was there already. Raises `Gone` where the comment was deleted."""
        answer = self._calls.send(
            "POST", repository, f"/issues/comments/{comment_id}/reactions", body={"content": content}
        )
        return present(answer, f"comment {comment_id} of {repository}").status == 201

    def my_reactions(self, repository: str, comment_id: int) -> set[str]:
        """Our own reactions to a comment; none to one that was deleted."""
        me = self.whoami().lower()
        return {
            reaction.content
            for answer in self._calls.pages(repository, f"/issues/comments/{comment_id}/reactions", REACTIONS_PAGES)
            if not answer.missing
            for reaction in shapes.read(list[shapes.Reaction], answer)
            if reaction.user is not None and reaction.user.login.lower() == me
        }

    def sticky(self, repository: str, number: int, body: str, *, known_id: int | None, final: bool) -> int | None:
        """Bring our one comment up to `body`; its id. See `workers.github.sticky`."""
        return self._sticky.write(self._calls, repository, number, body, known_id=known_id, final=final)

    def set_status(
        self, repository: str, sha: str, state: str, description: str, url: str, *, context: str = "devstack"
    ) -> None:
        """Set a commit status, unless it stands so already. `state` is error, failure, pending or success.

        A pending one leaves room for others: it is the first to be `Unavailable` when the limits are nearly used up.
        Raises `Rejected` where the commit is unknown.
        """
        wanted = shapes.Status(context=context, state=state, description=shortened(description), target_url=url or None)
        standing = self._calls.send("GET", repository, f"/commits/{part(sha)}/status", parameters={"per_page": 100})
        if not standing.missing and wanted in shapes.read(shapes.CombinedStatus, standing).statuses:
            return
        answer = self._calls.send(
            "POST",
            repository,
            f"/statuses/{part(sha)}",
            body=wanted.model_dump(exclude_none=True),
            droppable=state == "pending",
        )
        present(answer, f"commit {sha} of {repository}")

    def git_credentials(self, repository: str) -> GitCredentials:
        """What git needs to read the repository."""
        return GitCredentials(GIT_USERNAME, self._calls.git_token(repository))

    def whoami(self) -> str:
        """Our login: a user's, or `<app>[bot]`."""
        return self._calls.access.login()


PERMISSIONS = {
    "admin": Permission.ADMIN,
    "maintain": Permission.WRITE,
    "write": Permission.WRITE,
    "triage": Permission.READ,
    "read": Permission.READ,
    "none": Permission.NONE,
}


def present(answer: Answer, what: str) -> Answer:
    """The answer, if there is something; `Gone` otherwise."""
    if answer.missing:
        raise Gone(f"GitHub has nothing for us at {what}")
    return answer


def shortened(text: str) -> str:
    """At most as long as the description of a commit status may be."""
    return text if len(text) <= DESCRIPTION_MAX else f"{text[: DESCRIPTION_MAX - 1]}…"
