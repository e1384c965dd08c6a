"""Calls about repositories: the right passport for each, asked anew when GitHub no longer takes the old one."""

from collections.abc import Iterator
from re import compile as pattern
from urllib.parse import quote

import structlog

from workers.faults import OurFault
from workers.github.answer import Answer
from workers.github.auth import Access
from workers.github.errors import BadCredentials
from workers.github.transport import Method, Request, Transport

log = structlog.get_logger(__name__)

PER_PAGE = 100  # GitHub's most
_REPOSITORY = pattern(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


def repository_path(repository: str) -> str:
    """`/repos/{owner}/{name}`; OurFault for what is no repository's name, so that no path leads elsewhere."""
    if not _REPOSITORY.fullmatch(repository) or {".", ".."} & set(repository.split("/")):
        raise OurFault(f"`{repository[:200]}` is not a repository as in owner/name")
    return f"/repos/{repository}"


def part(text: str) -> str:
    """A piece of a path, with everything that means something in a path or a URL escaped."""
    return quote(text, safe="")


class Calls:
    """Calls for one installation (None: each repository's own is looked up)."""

    def __init__(self, transport: Transport, access: Access, installation: int | None) -> None:
        self._transport = transport
        self._installation = installation
        self.access = access

    def send(self, method: Method, repository: str, path: str, **fields: object) -> Answer:
        """One call below a repository's path; `fields` as in `Request`. Raises as `Transport.send`."""
        request = Request(method, f"{repository_path(repository)}{path}", **fields)  # type: ignore[arg-type]  # Request's
        passport = self.access.passport(repository, self._installation)
        try:
            return self._transport.send(passport, request)
        except BadCredentials as error:
            self.access.refused(passport, error)
        return self._transport.send(self.access.passport(repository, self._installation), request)

    def pages(self, repository: str, path: str, most: int, **parameters: str | int) -> Iterator[Answer]:
        """The pages of a list, at most `most` of 100; one that is missing or hidden ends it.

        Pages are counted, GitHub's links are not followed.
        """
        for page in range(1, most + 1):
            answer = self.send("GET", repository, path, parameters={**parameters, "per_page": PER_PAGE, "page": page})
            yield answer
            if answer.missing or not answer.more:
                return
        log.warning("list is longer than what is read of it", repository=repository, path=path, pages=most)

    def git_token(self, repository: str) -> str:
        """For git, to read this repository."""
        repository_path(repository)
        return self.access.git_token(repository, self._installation)
