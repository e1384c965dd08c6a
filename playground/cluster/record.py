"""The playground that is up, as recorded in the state directory."""

import json
from dataclasses import fields
from pathlib import Path

from playground.cluster.value import Playground

FILE = "playground.json"
PATHS = {"kubeconfig", "tools", "state", "registry_auth_file", "registries_conf", "buildah_root", "buildah_runroot"}


def save(playground: Playground) -> None:
    """Record it."""
    playground.state.mkdir(parents=True, exist_ok=True)
    scratch = playground.state / f".{FILE}"
    scratch.write_text(json.dumps(playground.as_json(), indent=2))
    scratch.replace(playground.state / FILE)


def load(state: Path) -> Playground | None:
    """The recorded one; None where there is none that can be read."""
    try:
        raw = json.loads((state / FILE).read_text())
        known = {field.name for field in fields(Playground)}
        values = {name: _value(name, value) for name, value in raw.items() if name in known}
        return Playground(**values)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _value(name: str, value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return Path(value) if name in PATHS and isinstance(value, str) else value
