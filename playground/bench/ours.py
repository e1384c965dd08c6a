"""The bot's side of a measurement: what a person does on GitHub, until the one comment says that it is done."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from playground.demo.stage import Stage, Timeout

BY = "ada"
POLL_SECONDS = 0.05
WAIT_SECONDS = 180.0


@dataclass
class Ours:
    """One pull request; `spent` has the seconds of each of the worker's steps in the last run."""

    stage: Stage
    repository: str
    branch: str
    number: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    _read: int = 0

    def opened(self, files: Mapping[str, bytes]) -> float:
        """Open a pull request with a branch that is there already; seconds until its comment says live."""
        sha = self.stage.github.push(self.repository, self.branch, files, BY)
        self._skip()
        started = time.monotonic()
        self.number = self.stage.github.open_pull(self.repository, self.branch, f"Measure {self.branch}", BY)
        return self._live(started, sha)

    def pushed(self, files: Mapping[str, bytes]) -> float:
        """Push a commit; seconds until the comment says that this very commit is live."""
        self._skip()
        started = time.monotonic()
        sha = self.stage.github.push(self.repository, self.branch, files, BY)
        return self._live(started, sha)

    def closed(self) -> float:
        """Close the pull request; seconds until the comment says removed, which the bot says after the proof of it."""
        self._skip()
        started = time.monotonic()
        self.stage.github.act("close", repo=self.repository, number=self.number, by=BY)
        return self._until(started, "was removed")

    def _live(self, started: float, sha: str) -> float:
        """Wait for the comment, then hold it against the Stack: a word that came too early is no time to report."""
        seconds = self._until(started, "is live", f"`{sha[:7]}`")
        body = self.stage.comment(self.repository, self.number)
        stacks = self.stage.stacks().values()
        mine = next(s for s in stacks if (s["spec"]["repository"], s["spec"]["number"]) == (self.repository, self.number))
        deployed = mine["status"].get("deployedSha", "")
        if deployed != sha:
            raise Timeout(f"the comment called {sha[:7]} live while {deployed[:7] or 'nothing'} was deployed:\n{body}")
        return seconds

    def _until(self, started: float, *needles: str) -> float:
        deadline = started + WAIT_SECONDS
        while not all(needle in (body := self.stage.comment(self.repository, self.number)) for needle in needles):
            if "failed" in body.partition("\n")[2][:200].lower() or time.monotonic() > deadline:
                raise Timeout(f"waited for {', '.join(needles)}; the comment on {self.branch}:\n{body}")
            time.sleep(POLL_SECONDS)
        seconds = time.monotonic() - started
        self.spent = self._steps()
        return seconds

    def _log(self) -> list[str]:
        return self.stage.bot.processes["work"].log.read_text(errors="replace").splitlines()

    def _skip(self) -> None:
        self._read = len(self._log())

    def _steps(self) -> dict[str, float]:
        """The worker's own account, from its structured log."""
        found: dict[str, float] = {}
        for line in self._log()[self._read :]:
            if '"step"' in line and line.startswith("{"):
                event = json.loads(line)
                if event.get("event") == "step":
                    found[event["step"]] = found.get(event["step"], 0.0) + event["seconds"]
        return found
