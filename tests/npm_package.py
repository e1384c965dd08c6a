"""Published npm packages that tests check against: fetched once into the cache, pinned by version and content."""

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

from playground.places import places


def package(name: str, version: str, sha256: str) -> Path:
    """The unpacked package's folder. RuntimeError where npm cannot fetch it, or it is not what was pinned."""
    folder = places().cache / "npm" / f"{name.replace('/', '-').lstrip('@')}-{version}"
    if (folder / "package").is_dir():
        return folder / "package"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), f"{name}@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, env=dict(os.environ))
    if done.returncode:
        raise RuntimeError(f"npm could not fetch {name}@{version}: {done.stderr.strip()[-500:]}")
    archive = next(folder.glob("*.tgz"))
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        archive.unlink()
        raise RuntimeError(f"{name}@{version} has the hash {found}, not {sha256}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    return folder / "package"
