"""What GitHub's refusals mean. `workers.faults.Unavailable` stands for everything that may work later."""

from workers.faults import OurFault


class BadCredentials(OurFault):
    """GitHub does not know the token or the signed App; the message says which setting to look at."""


class Forbidden(OurFault):
    """GitHub knows us and refuses; the message names the missing permission where GitHub does."""


class Gone(OurFault):
    """What was asked for does not exist, or is hidden from us: GitHub does not tell these apart."""


class Rejected(OurFault):
    """GitHub found fault with the request itself; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
