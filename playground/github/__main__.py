"""`python -m playground.github --port 8090 --state <folder>`: serve the stand-in on loopback."""

import argparse
from pathlib import Path

import uvicorn

from playground.github.app import create_app


def main() -> None:
    """Parse where to listen, and serve."""
    parser = argparse.ArgumentParser(prog="playground.github", description="A stand-in for GitHub, on loopback.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder of the bare repositories")
    args = parser.parse_args()
    app = create_app(f"http://127.0.0.1:{args.port}", args.state)
    uvicorn.run(
        app, host="127.0.0.1", port=args.port, access_log=False, log_level="warning", loop="uvloop", http="httptools"
    )


if __name__ == "__main__":
    main()
