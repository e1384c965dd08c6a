"""The stand-in from the outside: what a story's people do, as methods."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

EVENTS = ["pull_request", "issue_comment", "push", "installation", "installation_repositories"]
START_SECONDS = 20.0


class StandIn:
    """One running stand-in."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.url = url
        self.process = process
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def act(self, action: str, **given: Any) -> dict[str, Any]:
        """One action; RuntimeError with the server's words where it cannot be done."""
        answer = self._client.post(f"/_standin/{action}", json=given)
        if answer.status_code >= 400:
            raise RuntimeError(f"{action}: {answer.status_code} {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found

    def create_repo(self, repo: str, folder: Path, roles: Mapping[str, str]) -> None:
        """A repository with a folder's files as its first commit; symbolic links become what they lead to."""
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for place, _, names in os.walk(folder, followlinks=True)
            for path in sorted(Path(place, name) for name in names)
            if "__pycache__" not in path.parts
        }
        self.act("repo", repo=repo, files=encoded(files), roles=dict(roles))

    def push(self, repo: str, branch: str, files: Mapping[str, bytes | None], by: str, message: str = "Change") -> str:
        """Commit files on a branch; the new commit."""
        sha: str = self.act("push", repo=repo, branch=branch, files=encoded(files), by=by, message=message)["sha"]
        return sha

    def open_pull(self, repo: str, branch: str, title: str, by: str, **more: Any) -> int:
        """Open a pull request; its number."""
        number: int = self.act("pull", repo=repo, branch=branch, title=title, by=by, **more)["number"]
        return number

    def comment(self, repo: str, number: int, body: str, by: str) -> int:
        """Write a comment; its id."""
        found: int = self.act("comment", repo=repo, number=number, body=body, by=by)["id"]
        return found

    def pull(self, repo: str, number: int) -> dict[str, Any]:
        """A pull request as a whole."""
        return self.act("state", repo=repo, number=number)

    def stop(self) -> None:
        """End the server."""
        self._client.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


@dataclass(frozen=True)
class Addresses:
    """Where a stand-in can be reached."""

    api: str
    web: str


def encoded(files: Mapping[str, bytes | None]) -> dict[str, str | None]:
    """Files for JSON."""
    return {path: base64.b64encode(data).decode() if data is not None else None for path, data in files.items()}


def start(port: int, state: Path, log: Path) -> StandIn:
    """Start a stand-in as a process of its own and wait until it answers."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "playground.github", "--port", str(port), "--state", str(state)]
    with log.open("ab") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/rate_limit", timeout=2, trust_env=False).status_code == 200:
                return StandIn(url, process)
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"the GitHub stand-in did not start; see {log}")
