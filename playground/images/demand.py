"""Images that are made when they are first asked for: kept in the cache, and brought into a playground's registry."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from playground import mounts, packages
from playground.cluster.value import Playground
from playground.images import catalogue, debian, jars
from playground.images.builder import Builder
from playground.images.catalogue import NEWER_DEBIAN, Image
from playground.images.skopeo import Skopeo
from playground.lock import held
from playground.places import places
from playground.progress import Progress

# Recipes that stand on another base than the playground's registry holds from the start.
BASE: Mapping[str, Image] = {"localstack": NEWER_DEBIAN}
# What a recipe's folder lacks before it can be built.
CONTENT: Mapping[str, Callable[[Path, Path, Progress], None]] = {"kafka": jars.fetch}


def reference(playground: Playground, image: Image) -> str:
    """How pods call it. Pure: asks nobody whether it is there."""
    return f"{playground.registry}/{image.reference}"


def ensure(playground: Playground, image: Image, progress: Progress) -> str:
    """Have the image in the playground's registry; gives how pods call it. PlaygroundError names the log."""
    cache = places().cache
    packages.ensure(packages.BUILD, cache, progress)
    skopeo = shelf(playground)
    with held(cache / "locks" / image.reference.replace("/", "-"), progress):
        if skopeo.digest(image.reference) is None:
            kept = layout(cache, image)
            if kept.is_dir():
                with progress.step(f"image {image.reference} from the cache"):
                    skopeo.load(kept, image.reference)
            else:
                _make(playground, cache, image, progress)
                skopeo.save(image.reference, kept)
                _forget_older(kept, image)
    return reference(playground, image)


def shelf(playground: Playground) -> Skopeo:
    """The playground's registry."""
    log = places().cache / "logs" / "images.log"
    return Skopeo(playground.registry, log, playground.registry_insecure, playground.registry_auth_file)


def builder(playground: Playground, folder: Path, log: Path) -> Builder:
    """buildah with its storage in this folder, for the playground's registry."""
    return Builder(
        folder,
        playground.registry,
        log,
        conf=playground.registries_conf,
        insecure=playground.registry_insecure,
        auth_file=playground.registry_auth_file,
    )


def layout(cache: Path, image: Image) -> Path:
    """Where the cache keeps it."""
    return cache / "images" / f"{image.reference.replace('/', '-').replace(':', '-')}.oci"


def _make(playground: Playground, cache: Path, image: Image, progress: Progress) -> None:
    # Other clusters' builds take their bases from the public registry, as the nodes do.
    base = BASE.get(image.recipe) if playground.cluster == "embedded" else None
    if base is not None:
        ensure(playground, base, progress)
    folder = cache / "images"
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix="making-"))
    build = builder(playground, scratch / "buildah", cache / "logs" / f"image-{image.reference.split('/')[-1]}.log")
    try:
        if image == NEWER_DEBIAN:
            archive = debian.archive(cache, progress, debian.NEWER_SUITE)
            build.import_archive(archive, image.reference)
            return
        context = scratch / "context"
        shutil.copytree(catalogue.HERE / image.recipe, context)
        if fill := CONTENT.get(image.recipe):
            fill(context, cache, progress)
        with progress.step(f"image {image.reference}", slow="a minute"):
            build.build(context, image.reference)
    finally:
        mounts.unmount_below(scratch)
        shutil.rmtree(scratch)


def _forget_older(kept: Path, image: Image) -> None:
    """Remove what the cache keeps of this recipe's earlier contents."""
    version = image.tag.rpartition("-")[0]
    for other in kept.parent.glob(f"{image.repository.replace('/', '-')}-{version}-*.oci") if version else ():
        if other != kept:
            shutil.rmtree(other)
