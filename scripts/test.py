"""Runs the tests, tier by tier, after setting up what they need. Called by `./scripts/test`."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from playground.lifecycle import kind_of
from playground.places import places

ROOT = Path(__file__).resolve().parent.parent
TIERS = {
    "lint": "formatting, lint rules, types, the rooms' import contracts",
    "pure": "values in, values out: no sockets, no processes",
    "redis": "a real redis-server, Celery workers, git, buildah and a registry on loopback",
    "helm": "charts rendered by the real helm and helmfile, checked against schemas",
    "cluster": "the playground: real Kubernetes, Traefik, registry, builds",
}
LANES = 3  # for two cores: stories mostly wait
PROCESSES = {  # by measurement on two cores: more where there is more to wait for
    "pure": ("--numprocesses=3", "--dist=loadfile"),
    "redis": ("--numprocesses=4", "--dist=worksteal"),
    "helm": ("--numprocesses=2", "--dist=worksteal"),
}
LINT = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
)


def main() -> int:
    """Exit code 0 only if every tier that was asked for held."""
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description="Run the tests. Without a tier: all of them.",
        epilog="\n".join(f"  {name:8} {text}" for name, text in TIERS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tiers", nargs="*", metavar="TIER", help=" ".join(TIERS))
    parser.add_argument("--reports", type=Path, help="folder for JUnit and coverage files")
    parser.add_argument(
        "--lanes", type=int, default=LANES,
        help=f"playgrounds that the cluster tier has side by side (embedded only); {LANES} unless told",
    )  # fmt: skip
    parser.add_argument("-k", help="passed on to pytest: only tests whose names match")
    args = parser.parse_args()
    unknown = [tier for tier in args.tiers if tier not in TIERS]
    if unknown:
        parser.error(f"unknown tier {unknown[0]}; there are {', '.join(TIERS)}")
    failed = []
    for tier in args.tiers or TIERS:
        started = time.monotonic()
        print(f"\n=== {tier}: {TIERS[tier]}", flush=True)
        code = lint() if tier == "lint" else tests(tier, args.reports, args.k, args.lanes)
        print(f"=== {tier}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
        if code:
            failed.append(tier)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


def lint() -> int:
    """All linters, even after one has failed."""
    return max(subprocess.run(command, cwd=ROOT, check=False).returncode for command in LINT)


def tests(tier: str, reports: Path | None, pattern: str | None, lanes: int) -> int:
    """One tier in a pytest of its own, so that each can be run alone in the same way."""
    environment = dict(os.environ)
    code = subprocess.run([sys.executable, "-m", "playground", "prepare", tier], cwd=ROOT, check=False).returncode
    if code:
        return code
    command = [sys.executable, "-m", "pytest", f"tests/{tier}", "-q", "--durations=5"]
    if tier in PROCESSES:
        command += PROCESSES[tier]
    elif lanes > 1 and kind_of("auto", places()) == "embedded":
        command += [f"--numprocesses={lanes}"]
    if tier == "pure":
        command += ["--disable-socket", "--allow-unix-socket"]
    if pattern:
        command += ["-k", pattern]
    if reports:
        reports.mkdir(parents=True, exist_ok=True)
        command += [
            f"--junitxml={reports}/{tier}.xml",
            "--cov=bot", "--cov=cli", "--cov=config", "--cov=hooks", "--cov=model", "--cov=playground", "--cov=workers",
            f"--cov-report=xml:{reports}/coverage-{tier}.xml",
        ]  # fmt: skip
        environment["COVERAGE_FILE"] = str(reports.resolve() / f".coverage-{tier}")
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
