"""Makes all images once, and keeps them as a registry's data folder in the cache."""

import shutil
import tempfile
from pathlib import Path

from playground import mounts
from playground.images import catalogue, debian
from playground.images.builder import Builder
from playground.images.catalogue import DEBIAN, DERIVED, PAUSE, TRAEFIK, Image
from playground.lock import held
from playground.progress import Progress
from playground.registry import running
from playground.toolset import binaries, build, router


def ensure(cache: Path, progress: Progress) -> Path:
    """The data folder of a registry that holds every image of the catalogue. PlaygroundError names the log."""
    target = cache / "images" / f"registry-{catalogue.seed_key()}"
    with held(cache / "locks" / target.name, progress):
        if not target.is_dir():
            _make(cache, target, progress)
    return target


def _make(cache: Path, target: Path, progress: Progress) -> None:
    contents = {
        TRAEFIK: router.program(cache, progress),
        PAUSE: build.single(cache, binaries.PAUSE, progress),
    }
    archive = debian.archive(cache, progress)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix="making-"))
    try:
        with running(scratch / "registry") as registry:
            builder = Builder(scratch / "buildah", registry.address, cache / "logs" / "images.log")
            with progress.step(f"image {DEBIAN.reference}"):
                builder.import_archive(archive, DEBIAN.reference)
            for image in DERIVED:
                with progress.step(f"image {image.reference}"):
                    builder.build(_context(scratch, image, contents.get(image)), image.reference)
        (scratch / "registry" / "data").rename(target)
    finally:
        mounts.unmount_below(scratch)
        shutil.rmtree(scratch)


def _context(scratch: Path, image: Image, content: Path | None) -> Path:
    context = scratch / "contexts" / image.recipe
    context.mkdir(parents=True)
    shutil.copyfile(catalogue.HERE / image.recipe / "Dockerfile", context / "Dockerfile")
    if content is not None:
        shutil.copy2(content, context / content.name)
    return context
