"""Calls by names at a steady rate, from within a Pod, until its input ends: rate, seconds at most and calls in, answers out.

Run in a container by `python3 -c`. Each call is on a connection of its own; of one that failed the status is 0.
"""

import http.client
import json
import sys
import threading
import time
from typing import Any

SECONDS = 10.0


def answered(call: dict[str, Any]) -> tuple[int, str]:
    """Status and body, or 0 and why there is none."""
    connection = http.client.HTTPConnection(call["host"], timeout=SECONDS)
    try:
        connection.request("GET", "/", headers=call["headers"])
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error)
    finally:
        connection.close()


def main() -> None:
    """For each call its answers in order."""
    rate, seconds, calls = (json.loads(each) for each in sys.argv[1:])
    over = threading.Event()
    told: list[list[tuple[int, str]]] = [[] for _ in calls]
    until = time.monotonic() + seconds

    def ask(position: int) -> None:
        due = time.monotonic()
        while not over.is_set() and time.monotonic() < until:
            told[position].append(answered(calls[position]))
            due += len(calls) / rate
            over.wait(max(0.0, due - time.monotonic()))

    def end() -> None:
        sys.stdin.read()
        over.set()

    threads = [threading.Thread(target=ask, args=(position,)) for position in range(len(calls))]
    for thread in threads:
        thread.start()
    print("begun", flush=True)  # noqa: T201
    threading.Thread(target=end, daemon=True).start()
    for thread in threads:
        thread.join()
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main()
