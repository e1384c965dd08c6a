"""How GitHub answers: errors, pages with links, ETags, rate-limit headers."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import JSONResponse, Response

DOCS = "https://docs.github.com/rest"
LIMIT = 5000
T = TypeVar("T")


class ApiError(Exception):
    """An answer that is an error, with GitHub's body."""

    def __init__(
        self, status: int, message: str, headers: dict[str, str] | None = None, errors: list[Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.errors = errors

    def response(self) -> JSONResponse:
        """As sent."""
        body: dict[str, Any] = {"message": self.message, "documentation_url": DOCS, "status": str(self.status)}
        if self.errors is not None:
            body["errors"] = self.errors
        return JSONResponse(body, self.status, self.headers)


def not_found() -> ApiError:
    """404: not there, or not to be seen."""
    return ApiError(404, "Not Found")


def invalid(message: str = "Validation Failed", **error: str) -> ApiError:
    """422."""
    return ApiError(422, message, errors=[error] if error else [])


def answer(request: Request, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with an ETag; 304 where the client has it."""
    raw = json.dumps(body).encode()
    tag = f'W/"{hashlib.sha256(raw).hexdigest()}"'
    given = {**(headers or {}), "ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"}
    if request.method == "GET" and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=given)
    return Response(raw, status, given, "application/json; charset=utf-8")


def page(
    request: Request, items: Sequence[T], shape: Callable[[T], Any], wrap: Callable[[list[Any]], Any] = list
) -> Response:
    """One page of a list (`per_page` to 100, `page`), with GitHub's Link header."""
    size = min(max(_number(request, "per_page", 30), 1), 100)
    number = max(_number(request, "page", 1), 1)
    last = max((len(items) + size - 1) // size, 1)
    shown = [shape(each) for each in items[(number - 1) * size : number * size]]
    links = []
    for rel, target in (("prev", number - 1), ("next", number + 1), ("last", last), ("first", 1)):
        if (rel in ("prev", "first") and number > 1) or (rel in ("next", "last") and number < last):
            links.append(f'<{request.url.include_query_params(page=target, per_page=size)}>; rel="{rel}"')
    return answer(request, wrap(shown), headers={"Link": ", ".join(links)} if links else {})


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdigit() else default


def limit_headers(used: int) -> dict[str, str]:
    """The rate-limit headers of every answer."""
    reset = (int(time.time()) // 3600 + 1) * 3600
    return {
        "X-RateLimit-Limit": str(LIMIT),
        "X-RateLimit-Remaining": str(max(LIMIT - used, 0)),
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Used": str(used),
        "X-RateLimit-Resource": "core",
    }
