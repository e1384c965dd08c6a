"""The shape of `.devstack.yaml` as frozen values. Their titles, descriptions and examples make the published schema."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from config import checks
from config.resources import Resources

_PATH_SCHEMA = r"^(?![/~:-])(?!.*\\)(?!(.*/)?\.\.(/|$)).+$"
_HOST_SCHEMA = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$"
_NAME_SCHEMA = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"

ServiceName = Annotated[
    str,
    AfterValidator(checks.service_name),
    Field(json_schema_extra={"pattern": _NAME_SCHEMA, "maxLength": checks.SERVICE_MOST}),
]
RepoPath = Annotated[
    str, AfterValidator(checks.repo_path), Field(json_schema_extra={"pattern": _PATH_SCHEMA, "maxLength": 512})
]
HelmfilePath = Annotated[
    str,
    AfterValidator(checks.helmfile_path),
    Field(json_schema_extra={"pattern": _PATH_SCHEMA.removesuffix(".+$") + r".*\.ya?ml(\.gotmpl)?$", "maxLength": 512}),
]
Glob = Annotated[
    str,
    AfterValidator(checks.glob),
    Field(json_schema_extra={"pattern": _PATH_SCHEMA.removesuffix(".+$") + r"(?!!)[^\[{]+$", "maxLength": 512}),
]
Host = Annotated[
    str,
    AfterValidator(checks.host),
    Field(json_schema_extra={"pattern": _HOST_SCHEMA, "maxLength": checks.HOST_MOST}),
]
Variable = Annotated[str, AfterValidator(checks.variable), Field(json_schema_extra={"pattern": checks.VARIABLE})]
Content = Annotated[str, AfterValidator(checks.content), Field(json_schema_extra={"maxLength": 8192})]
Target = Annotated[str, AfterValidator(checks.target), Field(json_schema_extra={"pattern": checks.TARGET})]
UrlPath = Annotated[str, AfterValidator(checks.health), Field(json_schema_extra={"pattern": checks.URL_PATH})]
Header = Annotated[str, AfterValidator(checks.header), Field(json_schema_extra={"pattern": checks.HEADER})]
Namespace = Annotated[
    str, AfterValidator(checks.namespace), Field(json_schema_extra={"pattern": _NAME_SCHEMA, "maxLength": 63})
]
SecretName = Annotated[
    str, AfterValidator(checks.secret_name), Field(json_schema_extra={"pattern": checks.SECRET_NAME, "maxLength": 253})
]
Seconds = Annotated[
    int, BeforeValidator(checks.ttl), WithJsonSchema({"type": "string", "pattern": checks.DURATION, "minLength": 2})
]
Several = Field(strict=False)  # YAML's lists become tuples; what is in them stays strict


class Shape(BaseModel):
    """A mapping that knows its keys and takes no others."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


def _beside(validated: Mapping[str, Any]) -> str:
    return "Dockerfile" if validated["context"] == "." else f"{validated['context']}/Dockerfile"


class Build(Shape):
    """How a service's image is built."""

    context: RepoPath = Field(".", examples=["services/orders"])
    """Folder that the build sees, from the repository's root."""
    dockerfile: RepoPath = Field(default_factory=_beside, examples=["services/orders/Dockerfile"])
    """Dockerfile, from the repository's root. Without it: the `Dockerfile` in the context."""
    target: Target | None = Field(None, examples=["runtime"])
    """Stage to build. Without it: the last one."""
    args: dict[Variable, Content] = Field({}, examples=[{"PYTHON_VERSION": "3.12"}])
    """Build arguments. What differs from deploy to deploy has no place here: it would make every image a new one."""


class Service(Shape):
    """A part of the application that is built and deployed by itself."""

    build: Build = Field(Build())
    """How the image is built. Without it: the Dockerfile at the repository's root."""
    watch: Annotated[tuple[Glob, ...], Several] = Field((), examples=[["services/orders/**", "go.mod"]], max_length=100)
    """Files whose change makes this service a part of the stack, as patterns with `*`, `**` and `?` from the
    repository's root. Without it: everything in the build context, and the Dockerfile."""
    hosts: Annotated[tuple[Host, ...], Several] = Field(
        (), examples=[["example.com"]], max_length=20, json_schema_extra={"uniqueItems": True}
    )
    """Base hosts at which the service is reached. Each gets a preview at `<label>.<host>`. None for a service that
    takes no requests from outside."""
    port: int = Field(8080, ge=0, le=65535)
    """Port on which the container listens; 0 for a service that takes no requests, such as a queue's consumer."""
    health: UrlPath | None = Field(None, examples=["/healthz"])
    """Path that answers 200 when the service is ready. Without it: the port takes connections."""
    inCluster: bool = Field(False)  # noqa: N815
    """Whether calls from within the cluster by the base's Service name (`http://orders`) are routed by the context header
    too. For the ready-made chart; see [routing](routing.md)."""
    env: dict[Variable, Content] = Field({}, examples=[{"ORDERS_URL": "http://example2.com"}])
    """Environment for the ready-made chart. Texts only: numbers and `on`, `no` in quotes. No place for secrets."""
    envFrom: Annotated[tuple[SecretName, ...], Several] = Field((), examples=[["orders"]], max_length=20)  # noqa: N815
    """Secrets whose keys become the environment, for the ready-made chart; one that is not there is passed over. What
    `resources` give comes after them, and `env` after that."""
    command: Annotated[tuple[Content, ...], Several] = Field((), examples=[["python3", "worker.py"]], max_length=50)
    """Command in place of the image's own, for the ready-made chart."""
    needs: Annotated[tuple[ServiceName, ...], Several] = Field(
        (), examples=[["orders"]], max_length=30, json_schema_extra={"uniqueItems": True}
    )
    """Services of this repository that must be ready before this one is deployed. One that the stack does not hold is
    the base's and is there. For the ready-made chart: in a helmfile of your own, its own `needs` count."""
    resources: Resources = Field((), examples=[[{"kind": "sqs", "name": "orders", "env": "ORDERS_QUEUE_URL"}]])
    """What a feature gets for itself: queues, topics, databases, secrets … See [provisioning](provisioning.md)."""

    @property
    def resource_env(self) -> tuple[str, ...]:
        """The variables that the resources give, as far as they are known before these are made."""
        from hooks import table

        given = (
            name for spec in self.resources for name in table.module(spec.model_dump(include={"kind"})["kind"]).env(spec)
        )
        return tuple(dict.fromkeys(given))


class BaseApplication(Shape):
    """The base application: what the default branch is, which every feature shares."""

    deploy: bool = False
    """Whether a push to the default branch deploys it. Without it, somebody else does."""
    namespace: Namespace = Field("", examples=["shop"])
    """The namespace where it lives. Needed for `deploy: true` and for `namespace: base`."""


class Project(Shape):
    """What a repository tells devstack about itself."""

    services: dict[ServiceName, Service] = Field(min_length=1, max_length=30)
    """The services of this repository by name."""
    helmfile: HelmfilePath | None = Field(None, examples=["helmfile.yaml.gotmpl"])
    """A helmfile of your own, from the repository's root. Without it, a ready-made chart deploys the services."""
    namespace: Literal["stack", "base"] = "stack"
    """Where a stack lives: in a namespace of its own, which goes with it, or in the base application's."""
    ttl: Seconds | None = Field(None, examples=["6h", "90m", "2d"])
    """How long a stack lives after its last deploy. Without it: what the bot's operator set, 6 hours by default; never
    more than the operator's cap."""
    deploy: Literal["open", "command"] = "open"
    """Whether a pull request is deployed when it is opened, or when someone writes `/devstack deploy`."""
    header: Header | None = Field(None, examples=["uber-ctx-key"])
    """Context header, if it is not the bot's own, `uber-ctx-key` by default: one that the bot's operator allows
    (`DEVSTACK_CONTEXT_HEADERS`). All repositories of one application need the same."""
    base: BaseApplication = Field(BaseApplication())
    """The base application."""

    @classmethod
    def unreadable(cls) -> "Project":
        """Stands for a config that cannot be read: deployed when opened, so that the run shows what is wrong."""
        return cls.model_construct(services={})
