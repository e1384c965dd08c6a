"""The image of the hooks, built from the working tree for this playground."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playground import packages
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.images import demand
from playground.images.catalogue import Image
from playground.lock import held
from playground.places import Places, places
from playground.progress import Progress

ROOT = Path(__file__).resolve().parent.parent.parent
REPOSITORY = "devstack/hooks"
DOCKERFILE = "hooks/Dockerfile"
NEEDED = (DOCKERFILE, "requirements-hooks.txt")
ROOMS = ("hooks", "model")


def hook_image(playground: Playground, *, progress: Progress | None = None, root: Path = ROOT) -> str:
    """The image by digest, in the playground's registry; built where the sources have changed since.

    PlaygroundError names the log; also where this is no source tree.
    """
    image = _image(root)
    where, show = Places(places().cache, playground.state), progress or Progress()
    skopeo = demand.shelf(playground)
    with held(where.cache / "locks" / f"{where.name}-hooks-image", show):
        packages.ensure(packages.BUILD, where.cache, show)
        digest = skopeo.digest(image.reference)
        if digest is None:
            with show.step("hook image", slow="a minute at first, seconds later"):
                image = _build(playground, root, where.logs / "hooks-image.log")
            digest = skopeo.digest(image.reference)
    if digest is None:
        raise PlaygroundError(f"the registry {playground.registry} did not keep {image.reference}")
    return f"{playground.registry}/{REPOSITORY}@{digest}"


def sources(root: Path) -> Iterator[Path]:
    """The files that the image is made of, relative to the root."""
    missing = [name for name in NEEDED if not (root / name).is_file()]
    if missing:
        raise PlaygroundError(f"the hook image is built from the sources; {root} lacks {', '.join(missing)}")
    yield Path(NEEDED[1])
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root)


def key(root: Path) -> str:
    """A hash of those files."""
    digest = hashlib.sha256()
    for name in sources(root):
        content = (root / name).read_bytes()
        digest.update(f"{name.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _image(root: Path) -> Image:
    return Image(REPOSITORY, f"content-{key(root)}")


def _build(playground: Playground, root: Path, log: Path) -> Image:
    """Build what the sources are now; somebody may be at work on them."""
    # The layers stay, in the state directory: what people change is the last one.
    builder = demand.builder(playground, playground.state / "hooks-build", log)
    with tempfile.TemporaryDirectory() as folder:
        for name in sources(root):
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target)
        image = _image(Path(folder))
        builder.build(Path(folder), image.reference, layers=True, dockerfile=Path(folder, DOCKERFILE))
    return image
