"""A virtual host of RabbitMQ for the feature alone, and a user who may enter no other.

The description of a virtual host is our mark. Users have no place for one: the user of the same name is ours with its
virtual host, or where the ledger names it, and never if it may enter other virtual hosts, or has tags.
"""

import json
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from hooks import files as repository
from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.providers import logins
from hooks.providers import rabbitmq as server
from hooks.providers.rabbitmq import Management
from hooks.sql.spec import RepositoryFile

if TYPE_CHECKING:
    from hooks.world import World

LIMIT = 100  # characters; RabbitMQ's own limit is 255 bytes
SCHEMES = ("amqp", "amqps")
TAG = "devstack"

# Of a definitions file. What else a server exports is about others, or makes the server call other servers.
KEPT = ("exchanges", "queues", "bindings", "policies")
PASSED_OVER = (
    "rabbit_version", "rabbitmq_version", "product_name", "product_version", "rabbitmq_definition_format",
    "original_vhost_name", "original_cluster_name", "explanation", "metadata", "description", "default_queue_type", "limits",
)  # fmt: skip

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
Pattern = Annotated[str, StringConstraints(max_length=500)]


class Permissions(Shape):
    """What the user may do in its virtual host: regular expressions for names of queues and exchanges."""

    configure: Pattern = ".*"
    """What it may make and delete."""
    write: Pattern = ".*"
    """What it may send to."""
    read: Pattern = ".*"
    """What it may receive from."""


class Spec(AnySpec):
    """A virtual host of RabbitMQ and the user for it, both `<name>-<label>`. It begins empty."""

    default_provider: ClassVar[str] = "rabbitmq"

    kind: Literal["rabbitmq"]
    name: Name = Field(examples=["orders"])
    """Name of virtual host and user, without the label."""
    env: Variable = Field(examples=["AMQP_URL"])
    """Variable that gets the URL, with user, password and virtual host."""
    permissions: Permissions = Permissions()
    """What the user may do in it. Without it: everything."""
    definitions: RepositoryFile | None = Field(None, examples=["rabbitmq.json"])
    """A file of the repository with `exchanges`, `queues`, `bindings` and `policies`, as RabbitMQ exports them of a
    virtual host. Applied at each deploy; what is taken out of it stays."""


def name(spec: Spec, scope: Scope) -> str:
    """The real name of virtual host and user."""
    return scope.name(spec.name, LIMIT)


def env(spec: Spec) -> tuple[str, ...]:
    """The URL."""
    return (spec.env,)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing."""
    return ()


def files(spec: Spec) -> tuple[str, ...]:
    """The files of the repository that the hook must have."""
    return (spec.definitions,) if spec.definitions else ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:
    """Whether RabbitMQ answers, we may, the name is free or ours, and the file can be used."""
    management = server.client(world, spec.server)
    me = management.get("whoami") or {}
    if "administrator" not in _tags(me):
        raise server.not_administrator(spec.server)
    _own(management, spec, scope, before)
    _definitions(world, spec)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """Virtual host and user as the spec says; messages that are in it stay."""
    real, management = name(spec, scope), server.client(world, spec.server)
    if not _own(management, spec, scope, before):
        management.put("vhosts", real, body={"description": mark(scope), "tags": TAG})
    password = logins.password(real, SCHEMES, world.values_so_far())
    world.masker.learn(password)
    management.put("users", real, body={"password": password, "tags": ""})
    management.put("permissions", real, real, body=spec.permissions.model_dump())
    if (wanted := _definitions(world, spec)) is not None:
        management.post("definitions", real, body=wanted)
    return Made(id=real, values={spec.env: server.access(world, spec.server).url(real, password, real)})


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """The user first, so that nothing is sent any more; the virtual host, which is the mark, last."""
    management = server.client(world, receipt.provider or Spec.default_provider)
    vhost = management.get("vhosts", receipt.name)
    if vhost is not None and vhost.get("description") != mark(scope):
        return False
    deleted = _user(management, receipt.name) == "ours" and management.delete("users", receipt.name)
    return (vhost is not None and management.delete("vhosts", receipt.name)) or deleted


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """By the descriptions of virtual hosts."""
    provider = provider or Spec.default_provider
    vhosts = server.client(world, provider).get("vhosts", columns="name,description") or []
    return [
        Receipt("rabbitmq", each["name"], scope.service, provider, id=each["name"])
        for each in vhosts
        if each.get("description") == mark(scope)
    ]


def mark(scope: Scope) -> str:
    """The description of a virtual host of this scope's."""
    return " ".join(f"{key}={value}" for key, value in scope.marks.items())


def _own(management: Management, spec: Spec, scope: Scope, before: Receipt | None) -> bool:
    """Whether our virtual host exists. Foreign where it, or the user, is somebody else's."""
    real, where = name(spec, scope), server.named(spec.server)
    remedy = "Delete it if nobody needs it, or give the resource another `name`."
    vhost = management.get("vhosts", real)
    if vhost is not None and vhost.get("description") != mark(scope):
        raise Foreign(f"the virtual host `{real}` exists on {where} and is not ours", remedy)
    user = _user(management, real)
    if user == "foreign" or (user == "ours" and vhost is None and before is None):
        raise Foreign(f"the user `{real}` exists on {where} and is not ours", remedy)
    return vhost is not None


def _user(management: Management, real: str) -> Literal["", "ours", "foreign"]:
    """Whether there is a user of this name, and whether it can be ours."""
    user = management.get("users", real)
    if user is None:
        return ""
    entered = {each["vhost"] for each in management.get("users", real, "permissions") or ()}
    return "ours" if entered <= {real} and not _tags(user) else "foreign"


def _tags(user: dict[str, Any]) -> list[str]:
    """Servers of version 3.8 and older tell them as a text with commas."""
    tags = user.get("tags") or []
    return [each for each in tags.split(",") if each] if isinstance(tags, str) else list(tags)


def _definitions(world: "World", spec: Spec) -> dict[str, Any] | None:
    return parsed(spec.definitions, repository.read(world, spec.definitions)) if spec.definitions else None


def parsed(path: str, text: str) -> dict[str, Any]:
    """What of a definitions file is applied. Problem where it holds anything that is not the feature's own."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Problem(f"`{path}` is no JSON: {error}", "Export it anew: `rabbitmqctl export_definitions`.") from error
    if not isinstance(found, dict):
        raise Problem(f"`{path}` holds no definitions", f"It is a mapping with {', '.join(KEPT)}.")
    for key, value in found.items():
        if key in PASSED_OVER:
            continue
        if key not in KEPT and value:
            raise Problem(
                f"`{path}` holds `{key}`, which a feature cannot have",
                f"It may hold {', '.join(KEPT)}: export one virtual host only, and take the rest out.",
            )
        if key in KEPT and not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
            raise Problem(f"`{key}` in `{path}` is no list of mappings", "Write it as RabbitMQ exports it.")
    # A virtual host named in them would be the base's.
    return {key: [{k: v for k, v in each.items() if k != "vhost"} for each in found.get(key) or ()] for key in KEPT}
