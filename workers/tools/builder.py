"""The contract of a builder: a folder and a Dockerfile in, an image in the registry out, known by its digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.settings import Settings
from workers.tools.output import Mask
from workers.tools.process import Cancelled, Runner

CA_SECRET = "ca-bundle"  # noqa: S105 - the id under which a RUN can mount the operator's CA bundle


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build. `context` and `dockerfile` are resolved paths that were checked to lie inside the checkout."""

    service: str
    context: Path
    dockerfile: Path
    repository: str  # with the registry's name
    tag: str
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None  # where the whole output goes, masked

    @property
    def ref(self) -> str:
        """The image's name with its tag."""
        return f"{self.repository}:{self.tag}"

    @property
    def cache(self) -> str:
        """Where the layers are kept for builders that do not have them. Nothing of a deploy refers to it: what the
        registry's own rules for retention take away there is built again."""
        return f"{self.repository}/cache"


@dataclass(frozen=True, slots=True)
class Built:
    """An image in the registry. `ref` is pinned by digest."""

    digest: str
    ref: str
    seconds: float


class Builder(Protocol):
    """Builds and pushes; several builds may run at once."""

    def build(self, request: BuildRequest, cancelled: Cancelled | None = None) -> Built:
        """Build and push. UserFault with the log's end for a Dockerfile that does not build, Unavailable where a
        server does not answer, Superseded when cancelled."""
        ...


def chosen(settings: Settings, mask: Mask = str) -> Builder:
    """The builder that the settings name."""
    runner = Runner.of(settings, mask)
    if settings.builder == "buildkit":
        from workers.tools.buildkit import Buildkit

        return Buildkit.of(settings, runner)
    from workers.tools.buildah import Buildah

    return Buildah.of(settings, runner)
