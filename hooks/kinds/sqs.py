"""A queue of SQS, with a second one for messages that failed too often where one is wanted."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Made, Receipt, Scope, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.providers import aws_marks as marks
from hooks.providers import aws_queues as queues
from hooks.providers.aws import client
from hooks.providers.aws_errors import translated

if TYPE_CHECKING:
    from hooks.world import World

PAGE = 1000
LARGEST = 1_048_576  # bytes of a message: AWS's limit, which new queues have
SIZE = "maxMessageSize"

QueueName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=71)]


class Attributes(Shape):
    """How a queue behaves; what is not given is as AWS has it for a new queue."""

    visibility_timeout: int = Field(30, alias="visibilityTimeout", ge=0, le=43_200)
    """Seconds for which a message that was received stays hidden from others."""
    delay: int = Field(0, ge=0, le=900)
    """Seconds before a new message can be received."""
    retention: int = Field(345_600, ge=60, le=1_209_600)
    """Seconds for which a message is kept."""
    max_message_size: int | None = Field(None, alias=SIZE, ge=1024, le=LARGEST)
    """Bytes of the largest message. Without it: as the server has it, 1 MiB at AWS."""
    receive_wait: int = Field(0, alias="receiveWait", ge=0, le=20)
    """Seconds for which a receiver waits for a message, where it does not say so itself."""
    content_based_deduplication: bool = Field(False, alias="contentBasedDeduplication")
    """FIFO queues only: messages of the same content count as one within five minutes."""


class Dlq(Shape):
    """A second queue, for messages that could not be dealt with."""

    max_receives: int = Field(alias="maxReceives", ge=1, le=1000)
    """How often a message is received before it goes there."""
    retention: int = Field(1_209_600, ge=60, le=1_209_600)
    """Seconds for which it keeps a message."""
    env: Variable | None = None
    """Variable that gets its URL."""


class Spec(AnySpec):
    """A queue of SQS: `<name>-<label>`, with `.fifo` at its end where it is one. It begins empty."""

    default_provider = "aws"

    kind: Literal["sqs"]
    name: QueueName = Field(examples=["orders"])
    """Name of the queue, without the label and without `.fifo`."""
    fifo: bool = False
    """Whether messages keep their order. Changing this makes a new queue; what is in the old one is lost."""
    dlq: Dlq | None = None
    """A queue `<name>-<label>-dlq` for messages that failed too often."""
    attributes: Attributes = Attributes()
    """How the queue behaves."""
    env: Variable | None = Field(None, examples=["ORDERS_QUEUE_URL"])
    """Variable that gets the queue's URL."""
    arn_env: Variable | None = Field(None, alias="arnEnv")
    """Variable that gets the queue's ARN."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.attributes.content_based_deduplication and not self.fifo:
            raise ValueError("`contentBasedDeduplication` is for FIFO queues: set `fifo: true`")
        if len(set(env(self))) != len(env(self)):
            raise ValueError("`env`, `arnEnv` and the `env` of `dlq` must be different variables")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The queue's real name."""
    return queues.real_name(spec.name, scope, fifo=spec.fifo)


def env(spec: Spec) -> tuple[str, ...]:
    """The variables that it gives."""
    return tuple(each for each in (spec.env, spec.arn_env, spec.dlq and spec.dlq.env) if each)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Whether SQS answers, and the names are free or ours."""
    queue = name(spec, scope)
    with translated(world, spec.server, "sqs"):
        sqs = client(world, spec.server, "sqs")
        for each in (queue, queues.dlq_name(queue)) if spec.dlq else (queue,):
            queues.own(sqs, each, scope)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """The queue as the spec says; messages that are in it stay."""
    queue, wanted, values = name(spec, scope), _wanted(spec, before), dict[str, str]()
    with translated(world, spec.server, "sqs", busy=queues.UNSETTLED):
        sqs = client(world, spec.server, "sqs")
        if spec.dlq:
            kept = {"DelaySeconds": "0", "MessageRetentionPeriod": str(spec.dlq.retention)}
            failed = queues.put(sqs, queues.dlq_name(queue), {**wanted, **kept}, scope)
            redrive = {"deadLetterTargetArn": failed.arn, "maxReceiveCount": spec.dlq.max_receives}
            wanted[queues.REDRIVE] = json.dumps(redrive)
            if spec.dlq.env:
                values[spec.dlq.env] = failed.url
        made = queues.put(sqs, queue, wanted, scope)
        if not spec.dlq:
            queues.delete(sqs, queues.dlq_name(queue), scope)
        warning = _beside(sqs, spec, scope) if made.new else ""
    size = spec.attributes.max_message_size
    return Made(
        id=made.arn,
        values={key: value for key, value in ((spec.env, made.url), (spec.arn_env, made.arn)) if key} | values,
        facts={SIZE: size} if size else {},
        warning=warning,
    )


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """Both queues, with their messages; first the one that feeds the other."""
    with translated(world, receipt.provider, "sqs"):
        sqs = client(world, receipt.provider, "sqs")
        both = [queues.delete(sqs, each, scope) for each in (receipt.name, queues.dlq_name(receipt.name))]
    return any(both)


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """All queues of this service under this label. A queue for failed messages counts as the queue that it is for."""
    with translated(world, provider, "sqs"):
        sqs = client(world, provider, "sqs")
        pages = sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": PAGE})
        urls = {url.rpartition("/")[2]: url for page in pages for url in page.get("QueueUrls", ())}
        mains = {queue: main for queue in urls if (main := queues.main_name(queue, scope))}
        tags = marks.side_by_side(lambda queue: queues.tags(sqs, urls[queue]), list(mains))
    found = {main for main, has in zip(mains.values(), tags, strict=True) if has is not None and marks.ours(has, scope)}
    return [Receipt("sqs", each, scope.service, provider, state="ready", id=urls.get(each, "")) for each in sorted(found)]


def _wanted(spec: Spec, before: Receipt | None) -> dict[str, str]:
    has = spec.attributes
    wanted = {
        "VisibilityTimeout": str(has.visibility_timeout),
        "DelaySeconds": str(has.delay),
        "MessageRetentionPeriod": str(has.retention),
        "ReceiveMessageWaitTimeSeconds": str(has.receive_wait),
    }
    if spec.fifo:
        wanted["ContentBasedDeduplication"] = str(has.content_based_deduplication).lower()
    if has.max_message_size:
        wanted["MaximumMessageSize"] = str(has.max_message_size)
    elif before and SIZE in before.facts:  # the spec had it, and has it no more
        wanted["MaximumMessageSize"] = str(LARGEST)
    return wanted


def _beside(sqs: Any, spec: Spec, scope: Scope) -> str:
    """A warning where a new queue stands beside one of the same name which is FIFO, or is not."""
    queue, other = (queues.real_name(spec.name, scope, fifo=fifo) for fifo in (spec.fifo, not spec.fifo))
    found = queues.there(sqs, other)
    if found is None or not marks.ours(found[1], scope):
        return ""
    return f"the queue `{queue}` was made anew, since `fifo` changed: messages of `{other}` are not in it"
