"""Memory of the bot's processes as proportional set size: shared pages count once, split among those who share them."""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from playground.demo.processes import Bot
from playground.demo.stage import SECRET

ROLES = ("receiver", "talk", "work", "beat")
MEGA = 1024 * 1024
SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Tree:
    """The processes of one role and their memory together, in bytes."""

    role: str
    processes: int
    pss: int


def trees(bot: Bot) -> list[Tree]:
    """Each role with all that it started."""
    found = []
    for role in ROLES:
        pids = list(descendants(bot.processes[role].popen.pid))
        found.append(Tree(role, len(pids), sum(pss(pid) for pid in pids)))
    return found


def pss(pid: int) -> int:
    """Proportional set size in bytes; 0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def descendants(root: int) -> Iterator[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents():
        children.setdefault(parent, []).append(pid)
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def parents() -> Iterator[tuple[int, int]]:
    """Each process with its parent."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                yield int(path.name), int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue


def deliver(bot: Bot, count: int) -> dict[int, int]:
    """Send that many signed deliveries that mean work for nobody; how often each status was answered."""
    answered: dict[int, int] = {}
    with httpx.Client(base_url=bot.url, trust_env=False, timeout=10) as client:
        for body in bodies(count):
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            headers = {
                "Content-Type": "application/json",
                "X-GitHub-Event": "issue_comment",
                "X-GitHub-Delivery": str(uuid.uuid4()),
                "X-Hub-Signature-256": f"sha256={signature}",
            }
            status = client.post("/webhooks/github", content=body, headers=headers).status_code
            answered[status] = answered.get(status, 0) + 1
    return answered


def bodies(count: int) -> Iterable[bytes]:
    """Comments on an unknown pull request, some 10 KB each as GitHub's are."""
    user = {"login": "nobody", "id": 1, "type": "User"}
    for number in range(count):
        payload: dict[str, Any] = {
            "action": "created",
            "issue": {"number": 1, "state": "open", "user": user, "pull_request": {"url": "x"}, "body": "x" * 8000},
            "comment": {"id": number + 1, "body": "/devstack status", "user": user, "author_association": "NONE"},
            "repository": {
                "id": 1,
                "full_name": "bench/nobody",
                "name": "nobody",
                "owner": user,
                "default_branch": "main",
            },
            "sender": user,
            "installation": {"id": 1},
        }
        yield json.dumps(payload).encode()


def settled(bot: Bot, seconds: float) -> list[Tree]:
    """Wait until the processes have been idle for a while, then look; `seconds` at most."""
    deadline = time.monotonic() + seconds
    before = cpu(bot)
    while time.monotonic() < deadline:
        time.sleep(SETTLE_SECONDS)
        now = cpu(bot)
        if now - before < SETTLE_SECONDS * 0.05:
            break
        before = now
    return trees(bot)


def cpu(bot: Bot) -> float:
    """Seconds of processor time that all of them have used."""
    ticks = 0
    for role in ROLES:
        for pid in descendants(bot.processes[role].popen.pid):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            ticks += int(fields[11]) + int(fields[12])
    return ticks / 100
