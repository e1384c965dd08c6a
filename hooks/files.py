"""Files of the repository which a resource names (dumps, seeds): the chart mounts them below `/files`, compressed."""

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from hooks.contract import Problem
from model import names

if TYPE_CHECKING:
    from hooks.world import World

FOLDER = Path("/files")
FOLDER_VARIABLE = "DEVSTACK_FILES"  # another folder, for runs outside of a Pod


def there(world: "World", path: str) -> bool:
    """Whether the chart brought this file of the repository."""
    return _place(world, path).is_file()


def read(world: "World", path: str) -> str:
    """The text of a file of the repository. Problem where the chart brought no such file, or it is no text."""
    place = _place(world, path)
    try:
        return gzip.decompress(place.read_bytes()).decode()
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        sentence = f"the file `{path}` is not here" if missing else f"the file `{path}` cannot be read"
        remedy = "It must stand in the repository at that path, from the repository's root, and be committed."
        raise Problem(sentence, remedy) from error
    except EOFError as error:
        raise Problem(
            f"the file `{path}` was cut short on its way here", "Is it larger than a ConfigMap may be?"
        ) from error
    except UnicodeDecodeError as error:
        raise Problem(f"the file `{path}` is no text in UTF-8", "Save it as UTF-8.") from error


def _place(world: "World", path: str) -> Path:
    return Path(world.env.get(FOLDER_VARIABLE) or FOLDER) / names.file_key(path)
