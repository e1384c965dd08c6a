"""Settings from the environment (`DEVSTACK_*`), read once at start-up and trusted afterwards."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from model import names
from model.routing.context import checked_header
from model.routing.preview import Preview, is_placed, references

ContextHeader = Annotated[str, AfterValidator(checked_header)]

DOMAIN_MOST = 253 - names.DNS_LABEL_MAX - 1  # characters; leaves room for `<label>.` in front


class Settings(BaseSettings):
    """One value per setting. Durations are seconds, sizes are bytes unless the name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="DEVSTACK_", extra="ignore", frozen=True)

    # GitHub
    github_webhook_secret: SecretStr = SecretStr("")
    github_api_url: str = "https://api.github.com"
    github_url: str = ""  # where git clones from; empty: derived from the API URL
    github_token: SecretStr = SecretStr("")
    github_app_id: int | None = None
    github_app_private_key: SecretStr = SecretStr("")
    github_repositories: Annotated[tuple[str, ...], NoDecode] = ()  # allow-list "owner/name" or "owner/*"; empty: all
    github_requests_per_hour: int = Field(4500, gt=0)
    github_writes_per_minute: int = Field(70, gt=0)

    # Queue and state
    redis_url: str = "redis://127.0.0.1:6379/0"
    namespace: str = "devstack"  # where the bot keeps leases of its own
    kubeconfig: str = ""  # empty: in-cluster, else ~/.kube/config

    # Registry and builds
    registry: str = ""
    registry_auth_file: Path | None = None
    registry_insecure: bool = False
    builder: Literal["buildah", "buildkit"] = "buildah"
    buildkit_address: str = "unix:///run/buildkit/buildkitd.sock"
    buildah_storage: Path | None = None  # root of buildah's storage; empty: its default
    buildah_registries_conf: Path | None = None
    buildah_isolation: str = "chroot"
    build_ca_bundle: Path | None = None  # a CA bundle that builds see at the usual places
    build_layer_cache: bool = True  # layers are kept in the registry too, as `<image>/cache`
    build_timeout: int = Field(900, gt=0)
    build_parallel: int = Field(2, gt=0)

    # Routing
    context_header: ContextHeader = "uber-ctx-key"
    context_headers: Annotated[tuple[ContextHeader, ...], NoDecode] = ()  # others that a repository's `header` may name
    preview_base_url: str = "http://localhost"  # scheme and port that people use; the host is replaced
    probe_address: str = ""  # host:port where verify connects; empty: the preview URL's own
    probe_ca: Path | None = (
        None  # CA bundle for verify's https, for certificates of a CA of your own; empty: the system's
    )
    probe_insecure: bool = False  # verify takes any certificate
    traefik_api_group: Literal["", "traefik.io", "traefik.containo.us"] = ""  # empty: what the cluster serves
    traefik_syntax: Literal["", "v2", "v3"] = ""  # how Traefik reads rules; empty: as its resource definitions tell
    entrypoints: Annotated[tuple[str, ...], NoDecode] = ("web",)
    cross_namespace: bool = True  # whether Traefik takes references across namespaces (`allowCrossNamespace`)
    cluster_domain: str = "cluster.local"
    in_cluster_gateway: str = ""  # the Service in front of Traefik for in-cluster calls; `{namespace}`: the base's
    in_cluster_entrypoint: str = "inside"  # Traefik's entry point behind its port 80; `{namespace}` likewise
    label_secret: SecretStr = SecretStr("")  # default labels end in a hash that is keyed by it, so nobody guesses them

    # Preview hosts and who may reach them: see docs/routing.md
    preview_domains: Annotated[tuple[str, ...], NoDecode] = ()  # one DNS label below these; empty: `<label>.<base host>`
    preview_entrypoints: Annotated[tuple[str, ...], NoDecode] = ()  # empty: the base route's own
    preview_tls_secret: str = ""  # `namespace/name` of the wildcard certificate, which Traefik has loaded
    preview_cert_resolver: str = ""  # Traefik's, asked for the wildcard instead
    preview_middlewares: Annotated[tuple[str, ...], NoDecode] = ()  # `namespace/name` or `name@provider`, before previews
    header_middlewares: Annotated[tuple[str, ...], NoDecode] = ()  # the same before routes by header
    header_entrypoints: Annotated[tuple[str, ...], NoDecode] = ()  # where the header counts; empty: the base's own

    # Resources: how hooks make what a feature needs. Without an image, charts that list resources are refused.
    hook_image: str = ""
    hook: Literal["pod", "job"] = "pod"
    from_namespaces: Annotated[tuple[str, ...], NoDecode] = ()  # where `from` may copy from; empty: the base's own
    provider_secret: str = ""  # Secret in `namespace` with the servers' addresses and keys, see docs/provisioning.md

    # Stacks
    ttl_default: int = Field(6 * 3600, gt=0)
    ttl_max: int = Field(72 * 3600, gt=0)
    deploy_timeout: int = Field(300, gt=0)
    verify_timeout: int = Field(60, gt=0)
    teardown_timeout: int = Field(180, gt=0)
    sweep_deletes_max: int = Field(10, gt=0)
    run_timeout: int = Field(3600, gt=0)  # hard limit of one run; the broker's visibility timeout is above it
    lease_seconds: int = Field(20, ge=5)
    retries_max: int = Field(5, ge=0)  # of a run, while a server that it needs does not answer

    # Paths
    work_dir: Path = Path("/var/lib/devstack")
    charts_dir: Path | None = None  # empty: the charts beside this package
    tools_path: str = ""  # prepended to PATH for helm, helmfile, git, buildah

    # Receiver
    body_max: int = Field(25 * 1024 * 1024, gt=0)
    deliveries_kept: int = Field(7 * 24 * 3600, gt=0)

    log_format: Literal["json", "console"] = "json"
    log_level: str = "INFO"

    @field_validator(
        "github_repositories",
        "context_headers",
        "entrypoints",
        "preview_domains",
        "preview_entrypoints",
        "preview_middlewares",
        "header_middlewares",
        "header_entrypoints",
        "from_namespaces",
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("github_api_url", "github_url", "preview_base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("preview_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if each.startswith("*."):
                raise ValueError(f"`{each}`: write the domain without `*.`")
            if len(names.checked_host(each)) > DOMAIN_MOST:
                raise ValueError(f"`{each[:60]}…` does not leave room for a label of {names.DNS_LABEL_MAX} characters")
        return value

    @field_validator("preview_middlewares", "header_middlewares")
    @classmethod
    def _middlewares(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        references(value)
        return value

    @field_validator("preview_tls_secret")
    @classmethod
    def _placed(cls, value: str) -> str:
        if value and not is_placed(value):
            raise ValueError(f"`{value}` names no Secret: write `namespace/name`")
        return value

    @model_validator(mode="after")
    def _ttl_within_cap(self) -> Self:
        if self.ttl_default > self.ttl_max:
            raise ValueError("DEVSTACK_TTL_DEFAULT is above DEVSTACK_TTL_MAX")
        names.checked_label(self.namespace)
        return self

    @property
    def clone_url(self) -> str:
        """Where git finds repositories, without the `/owner/name.git`."""
        if self.github_url:
            return self.github_url
        if self.github_api_url == "https://api.github.com":
            return "https://github.com"
        return self.github_api_url.removesuffix("/api/v3")

    def url(self, host: str) -> str:
        """The address at which people reach a host, with the preview base URL's scheme and port."""
        parts = urlsplit(self.preview_base_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}/"

    @property
    def preview(self) -> Preview:
        """What these settings say of previews and guards."""
        return Preview(
            domains=self.preview_domains,
            entrypoints=self.preview_entrypoints,
            tls=bool(self.preview_tls_secret or self.preview_cert_resolver),
            cert_resolver=self.preview_cert_resolver,
            middlewares=self.preview_middlewares,
            header_entrypoints=self.header_entrypoints,
            header_middlewares=self.header_middlewares,
        )

    @property
    def charts(self) -> Path:
        """The folder that holds the chart `service`."""
        return self.charts_dir or Path(__file__).resolve().parent.parent / "helm"


@cache
def load() -> Settings:
    """The settings of this process; pydantic.ValidationError names each variable that is wrong."""
    return Settings()
