"""`python -m bot`: the receiver with the settings that it runs best with."""

import argparse
from importlib.metadata import version

BACKLOG = 2048


def main() -> None:
    """Parse where to listen, and serve."""
    parser = argparse.ArgumentParser(prog="bot", description="Run devstack's receiver.")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104  in a container; the playground says 127.0.0.1
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--version", action="version", version=f"devstack {version('devstack')}")
    args = parser.parse_args()

    import uvicorn

    uvicorn.run("bot.app:create_app", factory=True, host=args.host, port=args.port, access_log=False, log_level="info",
                loop="uvloop", http="httptools", backlog=BACKLOG, timeout_keep_alive=65, server_header=False,
                proxy_headers=False)  # fmt: skip


if __name__ == "__main__":
    main()
