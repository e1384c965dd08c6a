"""Real tools on loopback: an own image registry, a root file system that needs no base image, git repositories."""

import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis.tools.watching import eventually, free_port
from workers.tools.process import Runner

PROGRAMS = ("dash", "sleep", "cat", "ls", "env")
REGISTRY_CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {root}}}, delete: {{enabled: {delete}}}}}
http: {{addr: "127.0.0.1:{port}"}}
{auth}
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Runs tools as a worker does."""
    return Runner(tmp_path / "home")


class RegistryServer:
    """docker-registry on loopback. `address` is host:port."""

    def __init__(self, folder: Path, *, delete: bool = True, auth: str = "") -> None:
        self.address = f"127.0.0.1:{free_port()}"
        port = self.address.partition(":")[2]
        config = folder / "registry.yml"
        config.write_text(REGISTRY_CONFIG.format(root=folder / "data", delete=str(delete).lower(), port=port, auth=auth))
        self.log = (folder / "registry.log").open("w")
        self.process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=self.log, stderr=self.log)
        if not eventually(self.answers, 10):
            raise RuntimeError((folder / "registry.log").read_text())

    def answers(self) -> bool:
        """Whether it listens."""
        try:
            urllib.request.urlopen(f"http://{self.address}/", timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(5)
        self.log.close()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a registry without password that deletes what it is told to."""
    server = RegistryServer(tmp_path_factory.mktemp("registry"))
    yield server.address
    server.stop()


@pytest.fixture(scope="session")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root file system with a shell and a few programs: what `FROM scratch` plus `COPY` makes a base image of."""
    root = tmp_path_factory.mktemp("rootfs")
    for name in ("bin", "etc", "tmp", "run"):
        (root / name).mkdir()
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program is not None
        shutil.copy(program, root / "bin" / ("sh" if name == "dash" else name))
        linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for word in linked.split():
            if word.startswith("/"):
                target = root / word.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(word, target)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    return root
