"""Measures the receiver beside the least that any receiver must do and beside the usual way to write one.

All three run at once, each is loaded in turn, round after round, so that whatever else the machine does falls on all of
them. Called by `scripts/bench receipt`. Exit code 1 where a delivery that was answered 202 is lost.
"""

import argparse
import base64
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import receipt_load
import redis
from receipt_report import AIM_CONNECTIONS, Row, report

from model import jobs
from playground import ports, process
from playground import redis as redis_server

HERE = Path(__file__).resolve().parent
UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error")
RECEIVERS: dict[str, tuple[str, ...]] = {
    "bare": (*UVICORN, "receipt_rivals:bare"),
    "naive": (*UVICORN, "--factory", "receipt_rivals:naive"),
    "ours": ("-m", "bot"),
}
STARTS_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A receiver that runs."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def memory(self) -> dict[str, float]:
        """Its proportional and its whole resident size in MB (10^6 bytes)."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
        return {"pss": sizes["Pss"], "rss": sizes["Rss"]}


@contextmanager
def running(names: list[str], redis_url: str) -> Iterator[dict[str, Server]]:
    """Start receivers and wait until each listens; end them afterwards."""
    environment = {
        **os.environ,
        "DEVSTACK_GITHUB_WEBHOOK_SECRET": receipt_load.SECRET,
        "DEVSTACK_REDIS_URL": redis_url,
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent)]),
    }
    servers: dict[str, Server] = {}
    try:
        for name in names:
            port = ports.free(18600, taken=[each.port for each in servers.values()])
            command = [sys.executable, *RECEIVERS[name], "--host", "127.0.0.1", "--port", str(port)]
            servers[name] = Server(name, port, subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
        for server in servers.values():
            listening(server)
        yield servers
    finally:
        for server in servers.values():
            server.process.kill()
            server.process.wait()


def listening(server: Server) -> None:
    """Wait for an answer of any kind."""
    deadline = time.monotonic() + STARTS_SECONDS
    while True:
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{server.name} did not start; what it wrote stands above")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return


def load(server: Server, connections: int, seconds: float, size: int, rate: float = 0) -> dict[str, Any]:
    """One load from a process of its own. SystemExit where anything but a 202 came back, or nothing."""
    words = ["--port", server.port, "--connections", connections, "--seconds", seconds, "--size", size, "--rate", rate]
    command = [sys.executable, str(HERE / "receipt_load.py"), *map(str, words)]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    if set(result["statuses"]) != {"202"} or result["lost"]:
        raise SystemExit(f"{server.name}: answers {result['statuses']}, {result['lost']} connections lost")
    return result


def rates(args: argparse.Namespace, servers: dict[str, Server], queue: redis.Redis) -> list[Row]:
    """All loads, interleaved: one round loads each receiver once in every way, in an order that turns."""
    found: dict[tuple[int, int, str], list[dict[str, Any]]] = {}
    for turn in range(args.rounds):
        names = [*servers][turn % len(servers) :] + [*servers][: turn % len(servers)]
        for size in args.sizes:
            for connections in args.connections:
                for name in names:
                    queue.flushall()
                    result = load(servers[name], connections, args.seconds, size)
                    check_queue(name, queue, result)
                    found.setdefault((size, connections, name), []).append(result)
        print(f"round {turn + 1} of {args.rounds} done, load average {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return [row(name, size, connections, found[size, connections, name])
            for size in args.sizes for connections in args.connections for name in servers]  # fmt: skip


def check_queue(name: str, queue: redis.Redis, result: dict[str, Any]) -> None:
    """A receiver that is fast because it forgets is none."""
    length = {"ours": jobs.QUEUE_TALK, "naive": "naive"}.get(name)
    if length and int(str(queue.llen(length))) < len(result["taken"]):
        raise SystemExit(f"{name}: {len(result['taken'])} answered 202, {queue.llen(length)} queued")


def row(name: str, size: int, connections: int, results: list[dict[str, Any]]) -> Row:
    """The rounds of one load as one row."""
    middle = {key: statistics.median(each[key] for each in results) for key in ("per_second", "p50", "p99", "generator")}
    speeds = [each["per_second"] for each in results]
    return Row(
        name,
        size,
        connections,
        middle["per_second"],
        min(speeds),
        max(speeds),
        middle["p50"],
        middle["p99"],
        middle["generator"],
    )


def durability(seconds: float) -> dict[str, int]:
    """Kill the receiver and Redis with -9 in the midst of a load: how many were answered 202, how many are missing."""
    with tempfile.TemporaryDirectory(prefix="bench-receipt-") as folder:
        server = redis_server.start(Path(folder))
        with running(["ours"], server.url) as servers:
            words = ["--port", servers["ours"].port, "--connections", 32, "--seconds", seconds]
            command = [sys.executable, str(HERE / "receipt_load.py"), *map(str, words)]
            loading = subprocess.Popen(command, stdout=subprocess.PIPE)
            time.sleep(receipt_load.WARM_UP_SECONDS + seconds / 2)
            servers["ours"].process.kill()
            output, _ = loading.communicate()
        taken = set(json.loads(output)["taken"])
        record = process.read(Path(folder), "redis")
        if record is not None:
            os.kill(record.pid, signal.SIGKILL)
        server.stop()
        again = redis_server.start(Path(folder), port=server.port)
        try:
            with redis.Redis.from_url(again.url) as client:
                messages = client.lrange(jobs.QUEUE_TALK, 0, -1)
        finally:
            again.stop()
    queued = {json.loads(base64.b64decode(json.loads(each)["body"]))[0][0]["delivery"] for each in messages}
    return {"taken": len(taken), "missing": len(taken - queued)}


def main() -> int:
    """Measure, print, and say which aims were met."""
    parser = argparse.ArgumentParser(prog="scripts/bench receipt", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each load, after half a second of warm-up")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 25_000], help="bytes of a body")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32, 128])
    parser.add_argument("--offered", type=float, default=500.0, help="deliveries a second of the paced load")
    parser.add_argument("--offered-seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-receipt-") as folder:
        server = redis_server.start(Path(folder))
        try:
            with running([*RECEIVERS], server.url) as servers, redis.Redis.from_url(server.url) as queue:
                idle = servers["ours"].memory
                rows = rates(args, servers, queue)
                paced = {}
                for size in args.sizes:
                    queue.flushall()
                    result = load(servers["ours"], AIM_CONNECTIONS, args.offered_seconds, size, args.offered)
                    paced[size] = {key: result[key] for key in ("per_second", "p50", "p99", "worst")}
                memory = {"idle": idle, "after": servers["ours"].memory}
        finally:
            server.stop()
    kept = durability(args.seconds)
    result = {"cores": os.cpu_count(), "load": [before, os.getloadavg()[0]], "rows": [asdict(each) for each in rows],
              "offered": paced, "memory_mb": memory, "durability": kept}  # fmt: skip
    print(json.dumps(result, indent=2) if args.json else report(args.rounds, args.seconds, args.offered, result, rows))
    return 1 if kept["missing"] or not kept["taken"] else 0


if __name__ == "__main__":
    sys.exit(main())
