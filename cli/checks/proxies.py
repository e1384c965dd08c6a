"""A Traefik as its Deployment or DaemonSet describes it: its version, its flags, its entry points. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.\d+)?")
_PREFIX = "TRAEFIK_"


@dataclass(frozen=True, slots=True)
class Proxy:
    """`arguments` hold what the environment says too; `version` is (0, 0) where the image's tag does not tell it."""

    place: str  # namespace/name
    arguments: tuple[str, ...]
    version: tuple[int, int] = (0, 0)

    @property
    def flags(self) -> dict[str, str]:
        """The arguments by their lower-case names; what is given without a value is `true`."""
        parts = [each.lstrip("-").partition("=") for each in self.arguments if each.startswith("--")]
        return {name.lower(): value if given else "true" for name, given, value in parts}

    @property
    def entrypoints(self) -> tuple[str, ...]:
        """Names of its entry points; none where a file has them."""
        found = [name.split(".")[1] for name in self.flags if re.fullmatch(r"entrypoints\.[^.]+\.address", name)]
        return tuple(dict.fromkeys(found))


def of(workload: Mapping[str, Any]) -> Iterator[Proxy]:
    """The Traefiks among a workload's containers: told by the image's name, or by flags that only Traefik has."""
    metadata = workload["metadata"]
    for container in workload["spec"]["template"]["spec"].get("containers", ()):
        image = str(container.get("image", ""))
        name, _, tag = image.partition("@")[0].rpartition("/")[2].partition(":")
        arguments = tuple(_joined([*container.get("command", ()), *container.get("args", ())]))
        flagged = any(each.lower().startswith(("--entrypoints.", "--providers.kubernetescrd")) for each in arguments)
        if "traefik" in name or flagged:
            given = (*arguments, *_of_environment(container.get("env", ())))
            yield Proxy(f"{metadata['namespace']}/{metadata['name']}", given, _version(tag))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """`--name value` as `--name=value`."""
    taken = False
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else "--"
        if taken:
            taken = False
        elif word.startswith("--") and "=" not in word and not following.startswith("-"):
            taken = True
            yield f"{word}={following}"
        else:
            yield word


def _of_environment(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """`TRAEFIK_ENTRYPOINTS_WEB_ADDRESS` is `--entrypoints.web.address`."""
    for each in entries:
        if each["name"].startswith(_PREFIX) and "value" in each:
            yield f"--{each['name'].removeprefix(_PREFIX).replace('_', '.').lower()}={each['value']}"


def _version(tag: str) -> tuple[int, int]:
    found = _VERSION.match(tag)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
