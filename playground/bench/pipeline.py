"""The comparisons, in interleaved pairs: who goes first changes from pair to pair."""

import subprocess
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground.bench import sample
from playground.bench.bare import Bare
from playground.bench.figures import Row
from playground.bench.ours import BY, Ours
from playground.demo.stage import Stage

TWO = ("a", "b")
FOUR = ("a", "b", "c", "d")
ONE = ("a",)
OWNER = "bench"
REST_SECONDS = 2.5
Say = Callable[[str], None]


def rows() -> dict[str, Row]:
    """What is compared, and the aims."""
    listed = (
        Row("cold", "two services, nothing built before", 1.15),
        Row("one", "a push that changes one of four services", 1.0),
        Row("sure", "the same; by hand until no old pod answers any more", 1.0),
        Row("single", "the same; by devstack where the repository has that service alone", 1.0),
        Row("none", "a push that changes nothing of a service", 3.0, absolute=True),
        Row("down", "teardown of two services", 1.25),
    )
    return {row.key: row for row in listed}


@dataclass
class Pipeline:
    """All pairs on one stage. `run` makes every content of this run new, so that no earlier run's image serves."""

    stage: Stage
    say: Say
    run: str = ""

    def __post_init__(self) -> None:
        self.run = uuid.uuid4().hex[:6]
        self.found = rows()

    def play(self, pairs: int) -> dict[str, Row]:
        """Measure; a pair that does not run is told in its row."""
        for what in (self.cold_and_down, self.pushes):
            try:
                what(pairs)
            except (
                RuntimeError,
                AssertionError,
                OSError,
                subprocess.SubprocessError,
            ) as error:  # other rows are still worth having
                self.say(traceback.format_exc())
                self.found["cold" if what == self.cold_and_down else "one"].faults.append(str(error)[:2000])
        self.clear()
        return self.found

    def clear(self) -> None:
        """Have the bot take down what a fault left standing."""
        own = {name for name, each in self.stage.stacks().items() if each["spec"]["repository"].startswith(f"{OWNER}/")}
        if own:
            self.stage.kubectl("delete", "stacks.devstack.dev", *own, "--wait=true", "--timeout=90s")

    def cold_and_down(self, pairs: int) -> None:
        """Rows `cold` and `down`: a stack of two services comes and goes, once ours, once by hand."""
        repository = self.repository("two", TWO)
        self.warmed(repository)
        for number in range(pairs):
            ours = Ours(self.stage, repository, f"ours-{number}")
            bare = self.bare(repository, f"bare-{number}")
            stamp = f"{self.run}-{number}"

            def up_ours(ours: Ours = ours, stamp: str = stamp) -> float:
                return ours.opened(sample.stamped(TWO, f"{stamp}-ours"))

            sha = self.stage.github.push(repository, f"bare-{number}", sample.stamped(TWO, f"{stamp}-bare"), BY)

            def up_bare(bare: Bare = bare, sha: str = sha, stamp: str = stamp) -> float:
                return bare.up(sha, TWO, f"{stamp}-bare")

            try:
                self.pair(self.found["cold"], number, ours, up_ours, bare, up_bare)
                self.pair(self.found["down"], number, ours, ours.closed, bare, bare.down)
            finally:
                bare.forget()

    def warmed(self, repository: str) -> None:
        """One stack before the clock runs: processes have started, and base images are in the builds' storage."""
        ours = Ours(self.stage, repository, "warm")
        self.say(f"warm-up: {ours.opened(sample.stamped(TWO, f'{self.run}-warm')):.2f} s, {ours.closed():.2f} s")

    def pushes(self, pairs: int) -> None:
        """Rows `one`, `sure`, `single` and `none`: pushes to a stack of four services that is up."""
        repository = self.repository("four", FOUR)
        ours = Ours(self.stage, repository, "ours")
        single = Ours(self.stage, self.repository("one", ONE), "ours")
        bare = self.bare(repository, "bare")
        first = f"{self.run}-all"
        try:
            ours.opened(sample.stamped(FOUR, f"{first}-ours"))
            single.opened(sample.stamped(ONE, f"{first}-single"))
            sha = self.stage.github.push(repository, "bare", sample.stamped(FOUR, f"{first}-bare"), BY)
            bare.up(sha, FOUR, f"{first}-bare")
            for number in range(pairs):
                self.push_pair(number, ours, bare)
                self.push_single(number, single)
            ours.closed()
            single.closed()
        finally:
            bare.forget()

    def push_pair(self, number: int, ours: Ours, bare: Bare) -> None:
        """One push that changes a service, and one that changes none."""
        service = FOUR[number % len(FOUR)]
        stamp = f"{self.run}-{number}"
        sha = self.stage.github.push(ours.repository, "bare", sample.stamped([service], f"{stamp}-bare"), BY)
        one, sure = self.found["one"], self.found["sure"]

        def by_hand() -> float:
            seconds = bare.up(sha, [service], f"{stamp}-bare")
            # What our "ready" promises: the old pod answers no more.
            sure.bare.append(bare.old_until(service, f"{stamp}-bare"))
            return seconds

        self.pair(one, number, ours, lambda: ours.pushed(sample.stamped([service], f"{stamp}-ours")), bare, by_hand)
        sure.ours.append(one.ours[-1])
        nothing = self.found["none"]
        nothing.ours.append(self.alone(lambda: ours.pushed({"README.md": f"Nothing new: {stamp}\n".encode()})))
        nothing.ours_spent.append(ours.spent)
        self.say(f"{nothing.key} {number + 1}: devstack {nothing.ours[-1]:.2f} s")

    def push_single(self, number: int, single: Ours) -> None:
        """What the last push, to one of four services, would have cost without the other three."""
        row = self.found["single"]
        row.ours.append(self.found["one"].ours[-1])
        row.bare.append(self.alone(lambda: single.pushed(sample.stamped(ONE, f"{self.run}-{number}-single"))))
        row.bare_spent.append(single.spent)
        self.say(f"{row.key} {number + 1}: {row.bare[-1]:.2f} s")

    def pair(
        self, row: Row, number: int, ours: Ours, act: Callable[[], float], bare: Bare, by_hand: Callable[[], float]
    ) -> None:
        """One pair, alternately one or the other first; kept only where both ran."""
        if number % 2:
            other, mine = self.alone(by_hand), self.alone(act)
        else:
            mine, other = self.alone(act), self.alone(by_hand)
        row.ours.append(mine)
        row.bare.append(other)
        row.ours_spent.append(ours.spent)
        row.bare_spent.append(bare.spent)
        self.say(f"{row.key} {number + 1}: devstack {mine:.2f} s, by hand {other:.2f} s")

    @staticmethod
    def alone(act: Callable[[], float]) -> float:
        """Act once the proxy is at rest: for two seconds after a change it takes up no other, whoever made it."""
        time.sleep(REST_SECONDS)
        return act()

    def repository(self, name: str, services: tuple[str, ...]) -> str:
        """A repository with its first commit, from a folder."""
        full = f"{OWNER}/{name}"
        folder = self.stage.folder / "sources" / name
        for path, data in sample.files(full, services).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        self.stage.add_repository(full, folder)
        return full

    def bare(self, repository: str, label: str) -> Bare:
        """A stack by hand with a folder of its own."""
        folder: Path = self.stage.folder / "bare" / f"{repository.replace('/', '-')}-{label}"
        folder.mkdir(parents=True)
        return Bare(self.stage, repository, label, folder)
