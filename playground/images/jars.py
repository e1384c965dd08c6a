"""Kafka's jars: fetched by Maven, compared with the checksums that stand beside its Dockerfile."""

import hashlib
import os
from pathlib import Path

from playground import packages, tool
from playground.errors import PlaygroundError
from playground.packages import Package, search_path
from playground.progress import Progress

MAVEN = (Package("maven", "mvn", "fetches Kafka's jars"),)
GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def fetch(context: Path, cache: Path, progress: Progress) -> None:
    """Put the jars that `pom.xml` in this folder asks for into its folder `jars`.

    PlaygroundError where one is missing, unasked for, or not the one that was looked at when its checksum was written.
    """
    packages.ensure(MAVEN, cache, progress)
    target = context / "jars"
    log = cache / "logs" / "maven.log"
    argv: list[str | Path] = ["mvn", "--batch-mode", "--quiet", "--file", context / "pom.xml"]
    argv += [f"-Dmaven.repo.local={cache}/maven", GOAL, f"-DoutputDirectory={target}", "-DincludeScope=runtime"]
    with progress.step("Kafka's jars by Maven", slow="half a minute"):
        tool.run(argv, log=log, env={**os.environ, "PATH": search_path()}, cwd=context)
    if wrong := differences((context / "jars.sha256").read_text(), target):
        raise PlaygroundError(f"Maven's repository gave other jars than were pinned: {', '.join(wrong)}", log)


def differences(pinned: str, folder: Path) -> list[str]:
    """The names of all files that are missing, unknown or changed."""
    wanted = {name: checksum for checksum, name in (line.split() for line in pinned.splitlines())}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
