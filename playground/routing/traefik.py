"""One Traefik process on this host that reads a few namespaces of the cluster, and what it says of its routers."""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playground import ports, probe
from playground.errors import PlaygroundError

Provider = Literal["kubernetescrd", "kubernetesgateway"]

FIRST_PORT = 18600
START_SECONDS = 60.0
TAKE_SECONDS = 60.0
POLL_SECONDS = 0.1
END_SECONDS = 10.0
MEGA = 1024 * 1024
# As far as it reads them, Traefik takes changes up at once; by default it would wait two seconds.
AT_ONCE = ("--providers.providersThrottleDuration=50ms",)

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Traefik:
    """One that runs. `ports` are those of its entry points, on 127.0.0.1."""

    ports: Mapping[str, int]
    admin: int
    provider: Provider
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def memory(self) -> float:
        """Resident set size, MB (2²⁰ bytes)."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / MEGA for line in lines if line.startswith("VmRSS:"))

    @property
    def cpu(self) -> float:
        """Seconds of processor time that it has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def version(self) -> str:
        """What it says it is, without the v."""
        with _opener.open(f"http://127.0.0.1:{self.admin}/api/version", timeout=5) as answer:
            return str(json.loads(answer.read())["Version"]).removeprefix("v")

    def routers(self) -> list[dict[str, Any]]:
        """The HTTP routers of the provider, as its API has them: rule, priority, status."""
        with _opener.open(f"http://127.0.0.1:{self.admin}/api/http/routers?per_page=5000", timeout=5) as answer:
            found: list[dict[str, Any]] = json.loads(answer.read())
        return [each for each in found if each.get("provider") == self.provider]

    def took(self, rules: Iterable[str], seconds: float = TAKE_SECONDS) -> None:
        """Wait until the routers have exactly these rules, and all of them work; PlaygroundError says what is else.

        A rule may have several: with a default for rules, version 3 makes a router for each entry point.
        """
        wanted = set(rules)
        self.until(lambda found: _works(found) and {each["rule"] for each in found} == wanted, seconds, sorted(wanted))

    def until(
        self, holds: Callable[[list[dict[str, Any]]], bool], seconds: float = TAKE_SECONDS, wanted: Sequence[str] = ()
    ) -> None:
        """Wait until something holds of the routers; PlaygroundError tells the difference to `wanted` rules."""
        deadline = time.monotonic() + seconds
        while not holds(found := self.routers()):
            if time.monotonic() > deadline:
                raise PlaygroundError(_difference(found, wanted), self.log)
            time.sleep(POLL_SECONDS)


@contextmanager
def running(
    program: Path,
    kubeconfig: Path,
    log: Path,
    *,
    entrypoints: Iterable[str] = ("web",),
    provider: Provider = "kubernetescrd",
    namespaces: Sequence[str],
    arguments: Sequence[str] = (),
    throttle: Sequence[str] = AT_ONCE,
) -> Iterator[Traefik]:
    """Start one and end it afterwards; waits until it answers. PlaygroundError names its log where it does not.

    `arguments` are further ones, such as what the provider allows; all that is set here holds in versions 2 and 3. An empty
    `throttle` leaves the pause between two changes as it is by default.
    """
    taken: dict[str, int] = {}
    for name in (*entrypoints, "traefik"):
        taken[name] = ports.free(FIRST_PORT, taken=taken.values())
    command = [
        str(program),
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        *(f"--entrypoints.{name}.address=127.0.0.1:{port}" for name, port in taken.items()),
        "--api.insecure=true",
        "--ping=true",
        "--log.level=INFO",
        *throttle,
        f"--providers.{provider}=true",
        f"--providers.{provider}.namespaces={','.join(namespaces)}",
        *arguments,
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "KUBECONFIG": str(kubeconfig)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    admin = taken.pop("traefik")
    try:
        _wait(process, admin, log)
        yield Traefik(taken, admin, provider, log, process)
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", admin: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not probe.http(f"http://127.0.0.1:{admin}/ping"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise PlaygroundError(f"Traefik did not start: {log.read_text(errors='replace')[-1500:]}", log)
        time.sleep(POLL_SECONDS)


def _works(routers: Iterable[Mapping[str, Any]]) -> bool:
    return all(each["status"] == "enabled" for each in routers)


def _difference(found: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> str:
    have = {each["rule"] for each in found}
    broken = [f"{each['rule']}: {each.get('error', each['status'])}" for each in found if each["status"] != "enabled"]
    lacking = [rule for rule in wanted if rule not in have]
    surplus = sorted(have.difference(wanted))
    return f"Traefik has {len(found)} routers; broken: {broken}; lacking: {lacking}; surplus: {surplus}"
