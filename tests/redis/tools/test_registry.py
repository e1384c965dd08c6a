"""The image registry, for real: with and without a password, with and without deletion."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.redis.tools.conftest import RegistryServer
from workers.registry.client import Registry

pytestmark = pytest.mark.redis

HTPASSWD = "auth: {{htpasswd: {{realm: devstack, path: {path}}}}}"
# bcrypt of "s3cret:pass", made once with `htpasswd -nbB builder s3cret:pass`
USER = "builder"
PASSWORD = "s3cret:pass"


def client(auth_file: Path | None = None) -> Registry:
    return Registry(Settings(registry_insecure=True, registry_auth_file=auth_file))


def push(address: str, folder: Path, name: str, login: str = "") -> str:
    """Put an image of one small layer into the registry; its digest."""
    image = folder / "image"
    blobs = image / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"digest": f"sha256:{digest}", "size": len(content)}

    kind = "application/vnd.oci.image."
    config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "made": name}
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}manifest.v1+json",
        "config": {"mediaType": f"{kind}config.v1+json", **blob(json.dumps(config).encode())},
        "layers": [],
    }
    top = {"mediaType": f"{kind}manifest.v1+json", **blob(json.dumps(manifest).encode())}
    (image / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))
    (image / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    words = ["skopeo", "copy", "--quiet", "--dest-tls-verify=false", f"oci:{image}", f"docker://{address}/{name}"]
    if login:
        words.insert(3, f"--dest-creds={login}")
    subprocess.run(words, check=True, capture_output=True)
    return str(top["digest"])


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[RegistryServer]:
    """A registry that wants a password and does not delete."""
    hashed = subprocess.run(["openssl", "passwd", "-5", PASSWORD], capture_output=True, text=True, check=True).stdout
    assert hashed
    path = tmp_path / "htpasswd"
    import bcrypt

    path.write_text(f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n")
    server = RegistryServer(tmp_path, delete=False, auth=HTPASSWD.format(path=path))
    yield server
    server.stop()
