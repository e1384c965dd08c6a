"""The comments of one pull request as GitHub keeps them, played by `responses`."""

import json
import re
from collections.abc import Callable
from typing import Any

import responses

API = "https://api.github.com:443"
Answered = tuple[int, dict[str, str], str]


class PlayedThread:
    """Comments that can be listed, read, made, edited and deleted; what was done is in `done`."""

    def __init__(self, mock: responses.RequestsMock, me: str = "devstack-bot") -> None:
        self.me = me
        self.comments: dict[int, dict[str, Any]] = {}
        self.done: list[str] = []
        self.before_listing: list[Callable[[], object]] = []  # each runs once, before one listing is answered
        self.before_editing: list[Callable[[], object]] = []
        self._elsewhere: dict[int, dict[str, Any]] = {}
        place = f"{API}/repos/acme/shop/issues"
        mock.add(responses.GET, f"{API}/user", json={"login": me})
        mock.add_callback(responses.GET, f"{place}/7/comments", self._list)
        mock.add_callback(responses.POST, f"{place}/7/comments", self._create)
        for method in (responses.GET, responses.PATCH, responses.DELETE):
            mock.add_callback(method, re.compile(rf"{re.escape(place)}/comments/\d+$"), self._one)

    def add(self, number: int, author: str | None, body: str) -> None:
        """A comment that is there already."""
        self.comments[number] = described(number, author, body, issue=7)

    def elsewhere(self, number: int, author: str, body: str) -> None:
        """A comment on another pull request of the repository."""
        self._elsewhere[number] = described(number, author, body, issue=77)

    @property
    def bodies(self) -> dict[int, str]:
        """What the comments say."""
        return {number: comment["body"] for number, comment in self.comments.items()}

    def _list(self, request: Any) -> Answered:
        if self.before_listing:
            self.before_listing.pop(0)()
        self.done.append("list")
        return 200, {}, json.dumps(list(self.comments.values()))

    def _create(self, request: Any) -> Answered:
        number = max(100, *self.comments) + 1 if self.comments else 101
        self.add(number, self.me, json.loads(request.body)["body"])
        self.done.append(f"create {number}")
        return 201, {}, json.dumps(self.comments[number])

    def _one(self, request: Any) -> Answered:
        number = int(request.url.rpartition("/")[2])
        self.done.append(f"{request.method} {number}")
        if request.method == "PATCH" and self.before_editing:
            self.before_editing.pop(0)()
        comment = self.comments.get(number) or self._elsewhere.get(number)
        if comment is None:
            return 404, {}, json.dumps({"message": "Not Found"})
        if request.method == "DELETE":
            del self.comments[number]
            return 204, {}, ""
        if request.method == "PATCH":
            comment["body"] = json.loads(request.body)["body"]
        return 200, {}, json.dumps(comment)


def described(number: int, author: str | None, body: str, issue: int) -> dict[str, Any]:
    """A comment as GitHub describes one; `author` is None where the account is gone."""
    user = {"login": author, "type": "User"} if author else None
    url = f"https://api.github.com/repos/acme/shop/issues/{issue}"
    return {"id": number, "user": user, "body": body, "issue_url": url}
