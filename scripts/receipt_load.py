"""Offers signed deliveries to a receiver and times its answers; a process of its own, so that it shares no loop with it.

Without `--rate` each connection sends again as soon as it was answered; with it, deliveries are due at fixed times and
an answer's time counts from when its delivery was due, so that a receiver that stalls cannot hide it.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

SECRET = "the-secret-of-the-measurement"  # noqa: S105
VARIANTS = 64  # bodies that differ in what they are about
WARM_UP_SECONDS = 0.5


@dataclass(slots=True)
class Tally:
    """What came back. `times` in seconds, `taken` the ids of deliveries that were answered 202."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)
    lost: int = 0  # connections that ended before the answer


def body(number: int, size: int) -> bytes:
    """A delivery like GitHub's: nested objects that are mostly addresses, `size` bytes in all.

    Small ones are comments on a pull request, larger ones pushes to one: so it is at GitHub too.
    """
    user = {"login": "ada", "id": 1, "type": "User", **_addresses("users/ada", 14)}
    repository = {
        "id": 2,
        "full_name": "acme/shop",
        "default_branch": "main",
        "owner": user,
        **_addresses("repos/acme/shop", 46),
    }
    common: dict[str, Any] = {"repository": repository, "sender": user, "installation": {"id": 3}}
    if event(size) == "issue_comment":
        comment = {"id": number, "body": "/devstack deploy --label feature1", "user": user}
        issue = {
            "number": number,
            "title": "A change",
            "user": user,
            "pull_request": _addresses("pulls/7", 4),
            "body": "",
        }
        payload = {"action": "created", "issue": issue, "comment": comment, **common}
        filled = issue
    else:
        side = {"ref": "feature/🧺", "sha": f"{number:040x}", "user": user, "repo": repository}
        pull = {"number": number, "state": "open", "head": side, "base": side, "user": user, "body": ""}
        payload = {"action": "synchronize", "number": number, "pull_request": pull, **common}
        filled = pull
    filled["body"] = "x" * max(0, size - len(_json(payload)))
    return _json(payload)


def event(size: int) -> str:
    """The event whose payloads have about this size."""
    return "issue_comment" if size < 16_000 else "pull_request"


def _addresses(place: str, count: int) -> dict[str, str]:
    return {f"relation_{n}_url": f"https://api.github.com/{place}/relation_{n}{{/sha}}" for n in range(count)}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def requests(size: int) -> list[tuple[bytes, bytes]]:
    """Signed requests, each in two halves: between them goes the delivery's id."""
    made = []
    for number in range(1, VARIANTS + 1):
        content = body(number, size)
        signature = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        head = (
            f"POST /webhooks/github HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: GitHub-Hookshot/044aadd\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nX-GitHub-Event: {event(size)}\r\nX-GitHub-Hook-ID: 292430182\r\n"
            f"X-GitHub-Hook-Installation-Target-ID: 79929171\r\nX-GitHub-Hook-Installation-Target-Type: repository\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(content)}\r\nX-GitHub-Delivery: "
        )
        made.append((head.encode(), b"\r\n\r\n" + content))
    return made


class Load:
    """All connections, what they send and what they were answered."""

    def __init__(self, size: int, rate: float) -> None:
        self.halves = requests(size)
        self.rate = rate
        self.tally = Tally()
        self.counting = False
        self.ended = False
        self.sent = 0
        self.idle: deque[Connection] = deque()
        self.due: deque[float] = deque()

    def answered(self, connection: "Connection") -> None:
        """A connection is free again."""
        if self.ended:
            connection.transport.close()
        elif not self.rate:
            connection.send(time.perf_counter())
        elif self.due:
            connection.send(self.due.popleft())
        else:
            self.idle.append(connection)

    async def keep_rate(self) -> None:
        """Hand out deliveries at the times they are due."""
        start, given = time.perf_counter(), 0
        while not self.ended:
            while (due := start + given / self.rate) <= time.perf_counter():
                given += 1
                if self.idle:
                    self.idle.popleft().send(due)
                else:
                    self.due.append(due)
            await asyncio.sleep(0.0005)


class Connection(asyncio.Protocol):
    """One connection, one delivery at a time."""

    transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.due = 0.0
        self.delivery = ""
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's transports are of no class of asyncio's
        self.load.answered(self)

    def send(self, due: float) -> None:
        """Send the next delivery, which was due at `due`."""
        load = self.load
        first, second = load.halves[load.sent % len(load.halves)]
        load.sent += 1
        self.due, self.delivery, self.waiting = due, str(uuid.uuid4()), True
        self.transport.write(b"".join((first, self.delivery.encode(), second)))

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self.buffer, self.waiting = b"", False
        status, tally = int(head[9:12]), self.load.tally
        if self.load.counting:
            tally.times.append(time.perf_counter() - self.due)
            tally.statuses[status] += 1
        if status == 202:
            tally.taken.append(self.delivery)
        self.load.answered(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio calls it so
        self.load.tally.lost += self.waiting


def _length(head: bytes) -> int:
    lower = head.lower()
    place = lower.index(b"content-length:") + 15
    end = lower.find(b"\r", place)
    return int(lower[place:] if end < 0 else lower[place:end])


async def offered(port: int, connections: int, seconds: float, size: int, rate: float) -> dict[str, Any]:
    """Offer load for `seconds`, a warm-up before; the result in JSON values, times in milliseconds."""
    load, loop = Load(size, rate), asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    pace = asyncio.create_task(load.keep_rate()) if rate else None
    await asyncio.sleep(WARM_UP_SECONDS)
    load.counting, start, cpu = True, time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    load.counting, spent, used = False, time.perf_counter() - start, time.process_time() - cpu
    load.ended = True
    if pace:
        await pace
    await asyncio.sleep(0.2)
    times = sorted(load.tally.times)
    return {
        "per_second": len(times) / spent,
        "p50": _percentile(times, 0.50),
        "p99": _percentile(times, 0.99),
        "worst": _percentile(times, 1.0),
        "statuses": load.tally.statuses,
        "taken": load.tally.taken,
        "lost": load.tally.lost,
        "generator": used / spent,  # share of one core: near 1, the generator was the limit
    }


def _percentile(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else float("nan")


def main() -> None:
    """Print the result as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--size", type=int, default=10_000, help="bytes of a body")
    parser.add_argument("--rate", type=float, default=0.0, help="deliveries a second; 0: as fast as they are answered")
    args = parser.parse_args()
    result = uvloop.run(offered(args.port, args.connections, args.seconds, args.size, args.rate))
    with open(1, "wb", closefd=False) as out:  # unbuffered, as PYTHONUNBUFFERED makes it, print loses part of a long line
        out.write(json.dumps(result).encode() + b"\n")


if __name__ == "__main__":
    main()
