"""One answer of GitHub, and what its status and headers say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from workers.faults import Fault, Unavailable
from workers.github.errors import BadCredentials, Forbidden, Gone, Rejected

SERVER = "GitHub"
SECONDARY_LIMIT_SECONDS = 60.0  # GitHub: "wait for at least one minute" where it does not say how long
LONGEST_BLOCK_SECONDS = 3600.0
RESET_MARGIN_SECONDS = 1.0  # the reset time is in whole seconds

_LIMIT_WORDS = ("api rate limit exceeded", "secondary rate limit", "abuse detection")
_RATE_STATUSES = (403, 429)
_MISSING = (404, 410)
_PERMISSION_HEADERS = ("x-accepted-github-permissions", "x-accepted-oauth-scopes")


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have lower-case names; `data` is the JSON body, None where there was none."""

    status: int
    headers: Mapping[str, str]
    data: Any = None

    @property
    def message(self) -> str:
        """GitHub's own words about what is wrong."""
        return str(self.data.get("message") or "") if isinstance(self.data, dict) else ""

    def given_at(self, now: datetime) -> datetime:
        """By GitHub's clock; `now` where it does not tell."""
        return _moment(self.headers.get("date", "")) or now

    @property
    def missing(self) -> bool:
        """Whether what was asked for is not there, or hidden."""
        return self.status in _MISSING

    @property
    def more(self) -> bool:
        """Whether there is a further page. The link itself is not followed: it is counted on."""
        return 'rel="next"' in self.headers.get("link", "")


def blocked_seconds(answer: Answer, now: datetime) -> float:
    """How long nobody should call GitHub after this answer; 0 for "go on".

    `now` only counts where the answer has no Date header, so our clock may be wrong.
    """
    limited = answer.status in _RATE_STATUSES and _speaks_of_limit(answer)
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    if not (limited or spent):
        return 0.0
    server_now = answer.given_at(now)
    waits = [_retry_after(answer, server_now)]
    if spent and answer.headers.get("x-ratelimit-resource", "core") == "core":
        waits.append(_until_reset(answer, server_now))
    wait = max(waits)
    if limited and wait <= 0:
        wait = SECONDARY_LIMIT_SECONDS
    return min(wait, LONGEST_BLOCK_SECONDS)


def fault(answer: Answer, request: str, now: datetime) -> Fault | None:
    """The fault that an answer amounts to; None for a good one. `request` is the method and path, for the message."""
    status, said = answer.status, answer.message
    if status < 300 or status == 304:
        return None
    if status in _RATE_STATUSES and (wait := blocked_seconds(answer, now)):
        return Unavailable(SERVER, f"its rate limit is used up ({said})", retry_after=wait)
    if status >= 500 or status == 408:
        wait = _retry_after(answer, now)
        return Unavailable(SERVER, f"it answered {status} to {request}", retry_after=wait or None)
    if status == 401:
        return BadCredentials(f"GitHub does not accept our credentials for {request}: {said}")
    if status in (403, 451):
        return Forbidden(f"GitHub refuses {request}: {said}{_needed(answer)}")
    if status in _MISSING:
        return Gone(f"GitHub has nothing for us at {request}{_needed(answer)}")
    return Rejected(f"GitHub answered {status} to {request}: {said}{_details(answer)}", status)


def _speaks_of_limit(answer: Answer) -> bool:
    words = answer.message.lower()
    return (
        answer.status == 429
        or "retry-after" in answer.headers
        or answer.headers.get("x-ratelimit-remaining") == "0"
        or any(phrase in words for phrase in _LIMIT_WORDS)
    )


def _retry_after(answer: Answer, now: datetime) -> float:
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    moment = _moment(text)
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0


def _until_reset(answer: Answer, now: datetime) -> float:
    try:
        reset = float(answer.headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return 0.0
    return max(0.0, reset - now.timestamp() + RESET_MARGIN_SECONDS)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _needed(answer: Answer) -> str:
    for header in _PERMISSION_HEADERS:
        if needed := answer.headers.get(header, "").strip():
            return f" (it asks for {needed})"
    return " (the token must be authorised for single sign-on)" if "x-github-sso" in answer.headers else ""


def _details(answer: Answer) -> str:
    errors = answer.data.get("errors") if isinstance(answer.data, dict) else None
    if not isinstance(errors, list):
        return ""
    told = [
        str(each.get("message") or " ".join(str(each.get(key, "")) for key in ("resource", "field", "code")).strip())
        if isinstance(each, dict)
        else str(each)
        for each in errors[:5]
    ]
    return f" ({'; '.join(told)})" if told else ""
