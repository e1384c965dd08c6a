"""How long to wait before a job is tried again: soon at first, so that a short outage is over quickly; then seldom, and
long enough for an outage of more than an hour."""

FIRST = (2.0, 4.0, 8.0)
OFTEN, OFTEN_TIMES = 15.0, 20  # five minutes long
SELDOM, SELDOM_TIMES = 120.0, 60  # two hours long

TRIES = len(FIRST) + OFTEN_TIMES + SELDOM_TIMES  # beside the first one


def pause(retries: int) -> float:
    """Seconds before the next try, after so many that were made again."""
    if retries < len(FIRST):
        return FIRST[retries]
    return OFTEN if retries < len(FIRST) + OFTEN_TIMES else SELDOM
