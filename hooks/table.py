"""Which kinds of resources there are. A further kind is one module and one row here."""

import importlib
import operator
from functools import cache, reduce
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import Field

if TYPE_CHECKING:
    from hooks.contract import Kind

KINDS: dict[str, str] = {
    "sqs": "hooks.kinds.sqs",
    "sns": "hooks.kinds.sns",
    "s3": "hooks.kinds.s3",
    "dynamodb": "hooks.kinds.dynamodb",
    "secretsmanager": "hooks.kinds.secretsmanager",
    "ssm": "hooks.kinds.ssm",
    "secret": "hooks.kinds.secret",
    "configmap": "hooks.kinds.configmap",
    "kafka": "hooks.kinds.kafka",
    "postgres": "hooks.kinds.postgres",
    "mysql": "hooks.kinds.mysql",
    "redis": "hooks.kinds.redis",
    "rabbitmq": "hooks.kinds.rabbitmq",
    "http": "hooks.kinds.http",
    "job": "hooks.kinds.job",
}


def module(kind: str) -> "Kind":
    """The module of a kind, imported when it is first asked for. KeyError for a kind that is not in the table."""
    return cast("Kind", importlib.import_module(KINDS[kind]))


@cache
def _resource() -> Any:
    specs: list[Any] = [module(kind).Spec for kind in KINDS]
    return Annotated[reduce(operator.or_, specs), Field(discriminator="kind")]


def __getattr__(name: str) -> Any:
    """`Resource`: any kind's Spec, told apart by `kind`. Made when first asked for: a run needs a few kinds only."""
    if name == "Resource":
        return _resource()
    raise AttributeError(name)
