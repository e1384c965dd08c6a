"""Starts one kind of worker: `python -m workers talk|work|beat`. The same in the charts, the playground and the tests."""

import argparse
import os
from importlib.metadata import version

from model import jobs

TALK_VISIBILITY_SECONDS = 300  # after which what a killed worker had in hand is given to another; above every pause
TALK_THREADS = 8  # they wait for GitHub and the cluster most of the time


def arguments(role: str, processes: int) -> list[str]:
    """Celery's arguments for a role. Talking is waiting, so it has threads; work has processes that can be ended."""
    match role:
        case "talk":
            own = ["worker", "--queues", jobs.QUEUE_TALK, "--pool", "threads", "--concurrency", str(TALK_THREADS)]
        case "work":
            own = [
                "worker",
                "--queues",
                jobs.QUEUE_WORK,
                "--pool",
                "prefork",
                "--concurrency",
                str(processes),
                "-O",
                "fair",
            ]
        case _:
            return ["--app", "workers.app", "beat", "--pidfile", ""]
    return ["--app", "workers.app", *own, "--without-gossip", "--without-mingle", "--without-heartbeat",
            "--hostname", f"{role}-{os.getpid()}@%h"]  # fmt: skip


def transport(role: str) -> dict[str, object]:
    """What a role does differently with Redis. What is said is short, so what a killed `talk` had in hand can come back
    soon; it keeps it apart, or it would take the long runs of `work` for lost."""
    if role != "talk":
        return {}
    keys = {
        name: f"talk.{name.removesuffix('_key')}" for name in ("unacked_key", "unacked_index_key", "unacked_mutex_key")
    }
    return {"visibility_timeout": TALK_VISIBILITY_SECONDS, **keys}


def main() -> None:
    """Parse the role and become that Celery process."""
    parser = argparse.ArgumentParser(prog="workers", description="Run one kind of devstack worker.")
    parser.add_argument("role", choices=["talk", "work", "beat"])
    parser.add_argument("--processes", type=int, default=2, help="processes of the work role, so stacks that run at once")
    parser.add_argument("--version", action="version", version=f"devstack {version('devstack')}")
    args = parser.parse_args()

    from workers import preload
    from workers.app import app

    preload.thrifty()
    if args.role != "beat":
        preload.imported()
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, **transport(args.role)}
    app.start(argv=[*arguments(args.role, args.processes), "--loglevel", "INFO"])


if __name__ == "__main__":
    main()
