"""What a builder of images must do, and which ones there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from config.settings import Settings
from workers.tools.process import Cancelled


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One image to build and push to `repository:tag`. Paths are confined to the checkout already."""

    service: str
    context: Path
    dockerfile: Path
    repository: str
    tag: str
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Built:
    """The digest under which the registry has the image, and the seconds it took."""

    digest: str
    seconds: float


class Builder(Protocol):
    """Builds and pushes. UserFault where the Dockerfile fails, Unavailable where the registry does not answer,
    Superseded where it was cancelled."""

    def build(self, request: BuildRequest, cancelled: Cancelled) -> Built:
        """Build the image, push it, tell its digest."""


def chosen(settings: Settings) -> Builder:
    """The builder that the settings name."""
    if settings.builder == "buildkit":
        from workers.tools.buildkit import BuildKit

        return BuildKit(settings)
    from workers.tools.buildah import Buildah

    return Buildah(settings)
