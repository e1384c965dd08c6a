"""What the receiver answers: taken, known, not ours, or refused with what is wrong and how to mend it."""

from starlette.responses import JSONResponse

RETRY_AFTER_SECONDS = 10

TAKEN = JSONResponse({"status": "taken"}, 202)
KNOWN = JSONResponse({"status": "known already"}, 200)
NOT_OURS = JSONResponse({"status": "nothing to do"}, 200)
NOT_LISTED = JSONResponse(
    {"status": "nothing to do", "reason": "the repository is not among DEVSTACK_GITHUB_REPOSITORIES"}, 200
)


class Refused(Exception):
    """A request that is not taken."""

    def __init__(self, status: int, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.hint = hint

    def answer(self) -> JSONResponse:
        """The refusal as GitHub's list of deliveries shows it."""
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if self.status == 503 else {}
        return JSONResponse({"error": self.error, **({"hint": self.hint} if self.hint else {})}, self.status, headers)


def other_type(given: str) -> Refused:
    """The body is no JSON by its content type: GitHub's own other choice is a form."""
    if given == "application/x-www-form-urlencoded":
        return Refused(415, "the webhook sends forms", "set its content type to application/json")
    said = f"`{given[:60]}`" if given else "missing"
    return Refused(415, f"the content type is {said}", "set the webhook's content type to application/json")


def unsigned() -> Refused:
    """No signature at all, or nothing that looks like one."""
    return Refused(
        401,
        "the signature is missing",
        "give the webhook a secret, the same as DEVSTACK_GITHUB_WEBHOOK_SECRET; then GitHub sends X-Hub-Signature-256",
    )


def wrongly_signed() -> Refused:
    """Signed with another secret, or changed on its way."""
    return Refused(
        401, "the signature is wrong", "the webhook's secret and DEVSTACK_GITHUB_WEBHOOK_SECRET must be the same"
    )


def too_large(most: int) -> Refused:
    """More bytes than are taken."""
    return Refused(413, f"the body is larger than {most:,} bytes", "DEVSTACK_BODY_MAX sets the limit")


def queue_unreachable() -> Refused:
    """Redis cannot be asked."""
    return Refused(
        503,
        "the queue is unreachable; nothing was taken",
        "once DEVSTACK_REDIS_URL answers again, redeliver this from the webhook's list of deliveries",
    )
