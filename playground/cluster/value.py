"""What the demo, the tests and a person need to know about a playground that is up."""

from dataclasses import dataclass
from pathlib import Path

from playground.cluster.choice import Kind


@dataclass(frozen=True)
class Playground:
    """`registry` is host:port; `tools` holds kubectl, helm and helmfile; `zones` are the names that lead to Traefik."""

    cluster: Kind
    kubeconfig: Path
    registry: str
    traefik_url: str
    tools: Path
    state: Path
    zones: tuple[str, ...]
    registry_insecure: bool = True
    registry_auth_file: Path | None = None
    traefik_admin_url: str | None = None
    base_images: tuple[str, ...] = ()
    registries_conf: Path | None = None
    buildah_root: Path | None = None
    buildah_runroot: Path | None = None
    redis_in_cluster: str | None = None

    @property
    def kubectl(self) -> Path:
        """The program."""
        return self.tools / "kubectl"

    @property
    def helm(self) -> Path:
        """The program."""
        return self.tools / "helm"

    @property
    def helmfile(self) -> Path:
        """The program."""
        return self.tools / "helmfile"

    @property
    def probe_address(self) -> str:
        """Where Traefik answers on this host: host:port."""
        return self.traefik_url.partition("://")[2]

    def as_json(self) -> dict[str, object]:
        """The same as plain values."""
        from pydantic import TypeAdapter

        plain: dict[str, object] = TypeAdapter(Playground).dump_python(self, mode="json")
        return plain
