"""Patience with servers that do not answer: tried again, ever more slowly, until the run's time is up."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from hooks.contract import Unreachable

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from hooks.world import World

Result = TypeVar("Result")

FIRST_SECONDS = 0.5  # the waits are random between 0 and this, then twice this …
MOST_SECONDS = 8.0


def patiently(world: "World", act: Callable[[], Result], *, most: float | None = None) -> Result:
    """What `act` gives, however often it has to be called while it raises Unreachable. Anything else that it raises
    goes through at once. Raises the last Unreachable when the run's time is up, or `most` seconds have passed."""
    try:
        return act()
    except Unreachable as error:
        first = [error]
    from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

    end = world.clock() + (world.seconds_left if most is None else min(most, world.seconds_left))

    def over(state: "RetryCallState") -> bool:
        return world.stop.is_set() or world.clock() + state.upcoming_sleep >= end

    def again() -> Result:
        if first:
            raise first.pop()
        return act()

    wait = wait_random_exponential(multiplier=FIRST_SECONDS, max=MOST_SECONDS)
    return Retrying(retry=retry_if_exception_type(Unreachable), wait=wait, stop=over, sleep=world.sleep, reraise=True)(
        again
    )
