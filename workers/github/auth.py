"""Who we are to GitHub: the user of a token, or an App with a token for each installation and repository."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

import structlog

from workers.faults import OurFault
from workers.github import shapes
from workers.github.answer import Answer
from workers.github.errors import BadCredentials, Forbidden, Gone, Rejected
from workers.github.transport import Passport, Request, Transport

log = structlog.get_logger(__name__)

RENEW_BEFORE_SECONDS = 300.0
PER_PAGE = 100  # GitHub's most
REPOSITORIES_PAGES = 30
JWT_SECONDS = 540  # GitHub takes at most ten minutes, and clocks differ
GIT_PERMISSIONS = {"contents": "read", "metadata": "read"}
CHECK_TOKEN = "is DEVSTACK_GITHUB_TOKEN right, not expired, and made for this server?"  # noqa: S105  # no secret
CHECK_APP = "do DEVSTACK_GITHUB_APP_ID and DEVSTACK_GITHUB_APP_PRIVATE_KEY belong together, and is the clock right?"


class Access(Protocol):
    """Passports for repositories. `installation` is what a webhook said: a hint that may be out of date."""

    def passport(self, repository: str, installation: int | None) -> Passport:
        """For calls about this repository."""

    def git_token(self, repository: str, installation: int | None) -> str:
        """For git, to read this repository."""

    def login(self) -> str:
        """The name under which our comments appear."""

    def ask(self, request: Request) -> Answer:
        """A call that is about no repository: as the token's user, or as the App itself."""

    def refused(self, passport: Passport, error: BadCredentials) -> None:
        """GitHub no longer takes it: return where the next one may be another, raise where there is none."""

    def repositories(self) -> dict[str, int | None]:
        """Every repository that we may see, with the installation by which we see it; archived ones are left out."""


class TokenAccess:
    """One token for everything."""

    def __init__(self, transport: Transport, token: str) -> None:
        self._transport = transport
        self._passport = Passport(f"token-{hashlib.sha256(token.encode()).hexdigest()[:12]}", token)

    def passport(self, repository: str, installation: int | None) -> Passport:  # noqa: ARG002  # the same for all
        """As `Access.passport`."""
        return self._passport

    def git_token(self, repository: str, installation: int | None) -> str:  # noqa: ARG002  # the same for all
        """As `Access.git_token`."""
        return self._passport.token

    def login(self) -> str:
        """As `Access.login`."""
        return self._login

    def ask(self, request: Request) -> Answer:
        """As `Access.ask`."""
        return self._transport.send(self._passport, request)

    def refused(self, passport: Passport, error: BadCredentials) -> None:  # noqa: ARG002  # there is but one
        """As `Access.refused`."""
        raise BadCredentials(f"{error}; {CHECK_TOKEN}") from error

    def repositories(self) -> dict[str, int | None]:
        """As `Access.repositories`."""
        pages = _pages(lambda request: self._transport.send(self._passport, request), "/user/repos")
        return {each.full_name: None for page in pages for each in _live(shapes.read(list[shapes.Repository], page))}

    @cached_property
    def _login(self) -> str:
        try:
            answer = self._transport.send(self._passport, Request("GET", "/user"))
        except BadCredentials as error:
            raise BadCredentials(f"{error}; {CHECK_TOKEN}") from error
        return shapes.read(shapes.Account, answer).login


@dataclass(frozen=True, slots=True)
class Scope:
    """What an installation token is for. An empty repository means all that the installation has."""

    installation: int
    repository: str
    git: bool = False

    @property
    def asked(self) -> dict[str, object]:
        """The body of the request for a token."""
        name = self.repository.rpartition("/")[2]
        narrowed: dict[str, object] = {"repositories": [name]} if name else {}
        return {**narrowed, "permissions": GIT_PERMISSIONS} if self.git else narrowed


class AppAccess:
    """A GitHub App. Tokens are kept until five minutes before they expire, by a clock that nobody can set."""

    def __init__(
        self,
        transport: Transport,
        app_id: int,
        private_key: str,
        *,
        learn_secret: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._app_id = app_id
        self._private_key = private_key.replace("\\n", "\n").strip()  # as environment files carry it
        self._learn_secret = learn_secret
        self._clock = clock
        self._tokens: dict[Scope, tuple[str, float]] = {}
        self._installations: dict[str, int] = {}
        self._whole: set[str] = set()  # repositories for which GitHub makes no token of their own
        self._lock = threading.RLock()

    def passport(self, repository: str, installation: int | None) -> Passport:
        """As `Access.passport`."""
        scope, token = self._for_repository(repository, installation, git=False)
        return Passport(f"installation-{scope.installation}", token)

    def git_token(self, repository: str, installation: int | None) -> str:
        """As `Access.git_token`: it reads this repository's contents and nothing else."""
        return self._for_repository(repository, installation, git=True)[1]

    def login(self) -> str:
        """As `Access.login`."""
        return self._login

    def ask(self, request: Request) -> Answer:
        """As `Access.ask`."""
        return self._as_app(request)

    def refused(self, passport: Passport, error: BadCredentials) -> None:  # noqa: ARG002  # the next says it again
        """As `Access.refused`."""
        with self._lock:
            self._tokens = {scope: held for scope, held in self._tokens.items() if held[0] != passport.token}

    def repositories(self) -> dict[str, int | None]:
        """As `Access.repositories`."""
        found: dict[str, int | None] = {}
        for page in _pages(self._as_app, "/app/installations"):
            for installation in shapes.read(list[shapes.Installation], page):
                if installation.suspended_at is None:
                    found.update(dict.fromkeys(self._of_installation(installation.id), installation.id))
        return found

    def _of_installation(self, installation: int) -> list[str]:
        with self._lock:
            passport = Passport(f"installation-{installation}", self._token(Scope(installation, "")))
        pages = _pages(lambda request: self._transport.send(passport, request), "/installation/repositories")
        return [each.full_name for page in pages for each in _live(shapes.read(shapes.Repositories, page).repositories)]

    def forget_installation(self, installation: int) -> None:
        """Its rights or repositories changed: ask again for all that concerns it."""
        with self._lock:
            self._tokens = {scope: held for scope, held in self._tokens.items() if scope.installation != installation}
            self._installations = {name: known for name, known in self._installations.items() if known != installation}

    @cached_property
    def _login(self) -> str:
        return f"{shapes.read(shapes.App, self._as_app(Request('GET', '/app'))).slug}[bot]"

    def _for_repository(self, repository: str, hint: int | None, *, git: bool) -> tuple[Scope, str]:
        with self._lock:
            for known in filter(None, dict.fromkeys((self._installations.get(repository), hint))):
                try:
                    return self._narrowed(known, repository, git=git)
                except (Gone, Rejected) as error:
                    log.info("installation is another one", repository=repository, installation=known, said=str(error))
            found = self._look_up(repository)
            try:
                return self._narrowed(found, repository, git=git)
            except Rejected as error:
                # A renamed repository: GitHub finds its installation by the old name, but gives no token for it.
                log.warning("token is not narrowed to one repository", repository=repository, said=str(error))
                self._whole.add(repository)
                return self._narrowed(found, repository, git=git)

    def _narrowed(self, installation: int, repository: str, *, git: bool) -> tuple[Scope, str]:
        scope = Scope(installation, "" if repository in self._whole else repository, git)
        return scope, self._token(scope)

    def _look_up(self, repository: str) -> int:
        answer = self._as_app(Request("GET", f"/repos/{repository}/installation"))
        if answer.missing:
            raise Forbidden(f"the GitHub App is not installed on {repository}")
        self._installations[repository] = shapes.read(shapes.Installation, answer).id
        return self._installations[repository]

    def _token(self, scope: Scope) -> str:
        held = self._tokens.get(scope)
        if held and held[1] > self._clock():
            return held[0]
        asked_at = self._clock()
        answer = self._as_app(Request("POST", f"/app/installations/{scope.installation}/access_tokens", body=scope.asked))
        if answer.missing:
            raise Gone(f"GitHub knows no installation {scope.installation} of the App")
        made = shapes.read(shapes.InstallationToken, answer)
        self._learn_secret(made.token)
        if scope.repository and not made.is_for(scope.repository):
            raise Gone(f"installation {scope.installation} is another account's, with a repository of the same name")
        lifetime = (made.expires_at - answer.given_at(datetime.now(UTC))).total_seconds()
        self._tokens[scope] = (made.token, asked_at + lifetime - RENEW_BEFORE_SECONDS)
        return made.token

    def _as_app(self, request: Request) -> Answer:
        try:
            return self._transport.send(Passport(f"app-{self._app_id}", self._signed()), request)
        except BadCredentials as error:
            raise BadCredentials(f"{error}; {CHECK_APP}") from error

    def _signed(self) -> str:
        from github.Auth import AppAuth
        from jwt.exceptions import PyJWTError

        try:
            return AppAuth(self._app_id, self._private_key, jwt_expiry=JWT_SECONDS).create_jwt()
        except (PyJWTError, ValueError, TypeError, AssertionError) as error:
            raise OurFault("DEVSTACK_GITHUB_APP_PRIVATE_KEY is not an RSA private key in PEM form") from error


def _pages(send: Callable[[Request], Answer], path: str) -> Iterator[Answer]:
    """The pages of a list that belongs to no repository; one that is missing or hidden ends it."""
    for page in range(1, REPOSITORIES_PAGES + 1):
        answer = send(Request("GET", path, {"per_page": PER_PAGE, "page": page}))
        if answer.missing:
            return
        yield answer
        if not answer.more:
            return
    log.warning("list is longer than what is read of it", path=path, pages=REPOSITORIES_PAGES)


def _live(repositories: list[shapes.Repository]) -> Iterator[shapes.Repository]:
    return (each for each in repositories if not each.archived)
