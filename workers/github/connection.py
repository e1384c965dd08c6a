"""The entrance: from settings to GitHub, as the user of a token or as an App."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from config.settings import Settings
from workers.faults import OurFault
from workers.github.auth import Access, AppAccess, TokenAccess
from workers.github.calls import Calls
from workers.github.client import GitHub
from workers.github.limiter import SharedLimiter
from workers.github.pace import Limits
from workers.github.sticky import Sticky
from workers.github.transport import Transport

if TYPE_CHECKING:
    import redis


SEEN_SECONDS = 900.0


def keep_silent(secret: str) -> None:
    """For those who show nothing."""


class Connection:
    """One for a process. Safe for threads; nothing is asked of GitHub before it is needed.

    `learn_secret` is told every token and key, so that what is shown can be masked. Raises OurFault where the settings
    have nothing to sign in with.
    """

    def __init__(
        self,
        settings: Settings,
        redis: "redis.Redis",
        learn_secret: Callable[[str], None] = keep_silent,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = Limits(settings.github_requests_per_hour, settings.github_writes_per_minute)
        self._transport = Transport(settings.github_api_url, SharedLimiter(redis, limits))
        self._access = access(settings, self._transport, learn_secret)
        self._sticky = Sticky(redis)
        self._clock = clock
        self._seen: dict[str, int | None] | None = None
        self._seen_until = 0.0

    def installation(self, installation: int | None) -> GitHub:
        """GitHub as this installation sees it. The number is a hint: each repository's true one is found where needed."""
        return GitHub(Calls(self._transport, self._access, installation), self._sticky)

    def repositories(self) -> dict[str, int | None]:
        """Every repository that we may see, with its installation; asked again after a quarter of an hour."""
        if self._seen is None or self._clock() > self._seen_until:
            self._seen = self._access.repositories()
            self._seen_until = self._clock() + SEEN_SECONDS
        return self._seen

    def forget(self, installation: int) -> None:
        """The App's rights or repositories changed: ask again for what was known of it."""
        self._seen = None
        if isinstance(self._access, AppAccess):
            self._access.forget_installation(installation)

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()


def access(settings: Settings, transport: Transport, learn_secret: Callable[[str], None]) -> Access:
    """An App goes before a token."""
    key, token = settings.github_app_private_key.get_secret_value(), settings.github_token.get_secret_value().strip()
    if settings.github_app_id is not None and key:
        learn_secret(key)
        return AppAccess(transport, settings.github_app_id, key, learn_secret=learn_secret)
    if token:
        learn_secret(token)
        return TokenAccess(transport, token)
    raise OurFault(
        "nothing to sign in to GitHub with: set DEVSTACK_GITHUB_TOKEN, "
        "or DEVSTACK_GITHUB_APP_ID with DEVSTACK_GITHUB_APP_PRIVATE_KEY"
    )
