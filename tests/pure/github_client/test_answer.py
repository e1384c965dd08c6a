"""What an answer means: how long to keep away, and which fault it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workers.faults import Fault, Unavailable
from workers.github.answer import Answer, blocked_seconds, fault
from workers.github.errors import BadCredentials, Forbidden, Gone, Rejected

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
DATE = "Thu, 01 Jan 2026 12:00:00 GMT"
OUR_WRONG_CLOCK = datetime(2026, 1, 1, 9, 0, 0, tzinfo=UTC)
IN_TEN_MINUTES = str(int(NOW.timestamp()) + 600)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for user ID 1."


@pytest.mark.parametrize(
    ("status", "headers", "message", "seconds"),
    [
        (200, {}, "", 0),
        (200, {"x-ratelimit-remaining": "12", "x-ratelimit-reset": IN_TEN_MINUTES}, "", 0),
        (200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_TEN_MINUTES}, "", 601),
        (
            200,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_TEN_MINUTES, "x-ratelimit-resource": "search"},
            "",
            0,
        ),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_TEN_MINUTES}, PRIMARY, 601),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, PRIMARY, 60),
        (403, {"retry-after": "17"}, SECONDARY, 17),
        (429, {"retry-after": "Thu, 01 Jan 2026 12:00:30 GMT"}, "", 30),
        (403, {}, SECONDARY, 60),
        (403, {}, "You have triggered an abuse detection mechanism.", 60),
        (429, {}, "", 60),
        (429, {"retry-after": "0"}, "", 60),
        (429, {"retry-after": "999999"}, "", 3600),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, PRIMARY, 60),
        (403, {}, "Resource not accessible by integration", 0),
        (403, {"x-ratelimit-remaining": "55"}, "Must have admin rights to Repository.", 0),
        (500, {}, SECONDARY, 0),
    ],
)
def test_how_long_to_keep_away(status: int, headers: dict[str, str], message: str, seconds: float) -> None:
    answer = Answer(status, {"date": DATE, **headers}, {"message": message})
    assert blocked_seconds(answer, OUR_WRONG_CLOCK) == pytest.approx(seconds, abs=1)


def test_our_clock_counts_where_github_does_not_tell_its_own() -> None:
    answer = Answer(429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_TEN_MINUTES}, {})
    assert blocked_seconds(answer, NOW) == 601


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_good_answers_are_no_faults(status: int) -> None:
    assert fault(Answer(status, {}, None), "GET /x", NOW) is None


@pytest.mark.parametrize(
    ("status", "headers", "data", "kind", "words"),
    [
        (401, {}, {"message": "Bad credentials"}, BadCredentials, "credentials for GET /x: Bad credentials"),
        (403, {"x-accepted-github-permissions": "issues=write"}, {"message": "no"}, Forbidden, "asks for issues=write"),
        (403, {"x-accepted-oauth-scopes": "repo"}, {"message": "no"}, Forbidden, "it asks for repo"),
        (403, {"x-github-sso": "required; url=x"}, {"message": "no"}, Forbidden, "single sign-on"),
        (451, {}, {"message": "Repository access blocked"}, Forbidden, "blocked"),
        (404, {}, {"message": "Not Found"}, Gone, "GET /x"),
        (410, {}, {"message": "Issues are disabled"}, Gone, "GET /x"),
        (422, {}, {"message": "Validation Failed", "errors": [{"code": "custom", "message": "too many"}]},
         Rejected, "422.*Validation Failed.*too many"),
        (422, {}, {"message": "Invalid", "errors": [{"resource": "Issue", "field": "body", "code": "missing"}, "odd"]},
         Rejected, "Issue body missing; odd"),
        (409, {}, None, Rejected, "409"),
        (300, {}, "text", Rejected, "300"),
        (500, {}, None, Unavailable, "500"),
        (502, {}, {"message": "Server Error"}, Unavailable, "502"),
        (503, {"retry-after": "30"}, None, Unavailable, "503"),
        (408, {}, None, Unavailable, "408"),
        (429, {}, {"message": ""}, Unavailable, "rate limit"),
        (403, {"retry-after": "5"}, {"message": SECONDARY}, Unavailable, "secondary"),
    ],
)  # fmt: skip
def test_which_fault_it_is(status: int, headers: dict[str, str], data: Any, kind: type[Fault], words: str) -> None:
    found = fault(Answer(status, headers, data), "GET /x", NOW)
    assert type(found) is kind
    with pytest.raises(kind, match=words):
        raise found


@pytest.mark.parametrize(
    ("status", "headers", "seconds"), [(503, {"retry-after": "30"}, 30), (502, {}, None), (403, {"retry-after": "5"}, 5)]
)
def test_how_long_to_wait_goes_with_the_fault(status: int, headers: dict[str, str], seconds: float | None) -> None:
    found = fault(Answer(status, headers, None), "GET /x", NOW)
    assert isinstance(found, Unavailable)
    assert found.retry_after == seconds
