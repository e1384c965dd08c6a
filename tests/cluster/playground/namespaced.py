"""A playground of its own in a network namespace of its own: what happens to it disturbs no other on this machine."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playground.places import Places

UP = """
import json, sys
from pathlib import Path
import playground
from playground.places import Places
found = playground.start("embedded", at=Places(Path(sys.argv[1]), Path(sys.argv[2])))
print(json.dumps(found.as_json()))
"""
DOWN = """
import sys
from pathlib import Path
import playground
from playground.places import Places
print(playground.stop(at=Places(Path(sys.argv[1]), Path(sys.argv[2]))))
"""
STATUS = """
import json, sys
from pathlib import Path
import playground
from playground.places import Places
print(json.dumps(playground.status(at=Places(Path(sys.argv[1]), Path(sys.argv[2]))).parts))
"""


@dataclass(frozen=True)
class Namespaced:
    """`holder` is a process that keeps the network namespace."""

    holder: subprocess.Popen[bytes]
    places: Places

    def run(
        self, *argv: str | Path, seconds: float = 100, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside the namespace, `env` on top of our own environment."""
        inside = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *map(str, argv)]
        environment = {**os.environ, **(env or {})}
        return subprocess.run(inside, capture_output=True, text=True, timeout=seconds, env=environment, check=False)

    def up(self) -> dict[str, Any]:
        """`up`, as another process does it."""
        done = self.try_up()
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def try_up(self) -> subprocess.CompletedProcess[str]:
        """`up`, whatever comes of it."""
        return self._python(UP)

    def elsewhere(self) -> "Namespaced":
        """Another state directory in the same network namespace."""
        return replace(self, places=replace(self.places, state=self.places.state.with_name(f"{self.places.state.name}b")))

    def begin_up(self) -> subprocess.Popen[bytes]:
        """`up`, not waited for."""
        inside = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", sys.executable, "-c", UP]
        return subprocess.Popen(
            [*inside, self.places.cache, self.places.state], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def down(self) -> str:
        """`down`; what it said."""
        done = self._python(DOWN)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def status(self) -> dict[str, str]:
        """`status`."""
        done = self._python(STATUS)
        assert done.returncode == 0, done.stderr
        found: dict[str, str] = json.loads(done.stdout)
        return found

    def kubectl(self, found: dict[str, Any], *arguments: str) -> str:
        """kubectl, which must succeed."""
        done = self.run(f"{found['tools']}/kubectl", f"--kubeconfig={found['kubeconfig']}", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pid(self, part: str) -> int:
        """The recorded process of a part."""
        recorded: int = json.loads((self.places.pids / f"{part}.json").read_text())["pid"]
        return recorded

    def kill(self, part: str) -> None:
        """kill -9."""
        os.kill(self.pid(part), signal.SIGKILL)

    def _python(self, script: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-c", script, self.places.cache, self.places.state)
