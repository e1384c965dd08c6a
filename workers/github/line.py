"""One connection to GitHub with PyGithub's requester. Importing this module imports PyGithub: do it late."""

import json
import logging
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from github import Github
from github.Auth import Auth

from workers.github.answer import Answer

API_VERSION = "2022-11-28"
ACCEPT = "application/vnd.github+json"
TIMEOUT_SECONDS = 10  # to connect, and between two pieces of an answer
PER_PAGE = 100

logging.getLogger("github").handlers.clear()  # PyGithub adds one that writes to stderr beside our own log


class NotJsonError(ValueError):
    """A good status came with something that is not JSON: a proxy's page, not GitHub."""


class Bearer(Auth):
    """A token that changes from call to call. An Auth of PyGithub, so that its debug log masks it."""

    def __init__(self) -> None:
        self._token = ""

    @property
    def token_type(self) -> str:
        """The scheme that GitHub takes for user tokens, installation tokens and signed Apps alike."""
        return "Bearer"

    @property
    def token(self) -> str:
        """The present token."""
        return self._token

    @token.setter
    def token(self, token: str) -> None:
        self._token = token


class Line:
    """Not safe for threads: PyGithub keeps the request in the connection until it is answered."""

    def __init__(self, api_url: str) -> None:
        self._bearer = Bearer()
        self._requester = Github(
            auth=self._bearer,
            base_url=api_url,
            timeout=TIMEOUT_SECONDS,
            user_agent=f"devstack/{version('devstack')}",
            per_page=PER_PAGE,
            retry=None,
            pool_size=1,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=API_VERSION,
        ).requester

    def ask(
        self,
        token: str,
        method: str,
        path: str,
        parameters: Mapping[str, str | int],
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
    ) -> Answer:
        """One request. Raises NotJsonError, and what requests and PyGithub raise."""
        self._bearer.token = token
        status, received, text = self._requester.requestJson(
            method, path, dict(parameters), {"Accept": ACCEPT, **headers}, None if body is None else dict(body)
        )
        try:
            data = json.loads(text) if text else None
        except ValueError as error:
            if status < 400:
                raise NotJsonError(text[:200]) from error
            data = None
        return Answer(status, {name.lower(): str(value) for name, value in received.items()}, data)

    def close(self) -> None:
        """Close the connection."""
        self._requester.close()
