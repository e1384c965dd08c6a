"""A topic of SNS, and the queues that it feeds."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Made, Problem, Receipt, Scope, Several, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.kinds.sqs import QueueName
from hooks.providers import aws_marks as marks
from hooks.providers import aws_queues as queues
from hooks.providers import aws_topics as topics
from hooks.providers.aws import client
from hooks.providers.aws_errors import translated

if TYPE_CHECKING:
    from hooks.world import World

SCOPES = {"attributes": "MessageAttributes", "body": "MessageBody"}

TopicName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=200)]


class Subscription(Shape):
    """A queue that the topic feeds."""

    sqs: QueueName
    """Name of a queue, as written in the list. A service's queue of the same stack and provider may be named too, if it
    is there already. Never a queue of the base: its policy would have to be changed."""
    filter: dict[str, Any] | None = Field(None, examples=[{"type": ["created"]}])
    """Which messages it gets, as SNS's filter policy: key → list of values. Without it: all. Where it changes later, AWS
    takes up to 15 minutes to follow."""
    filter_on: Literal["attributes", "body"] = Field("attributes", alias="filterOn")
    """What the filter looks at: the attributes of a message, or its body as JSON."""
    raw: bool = False
    """Whether the queue gets just the body, without SNS's envelope around it."""

    @model_validator(mode="after")
    def _lists(self) -> Self:
        for key, value in (self.filter or {}).items():
            if not isinstance(value, list) and not (self.filter_on == "body" and isinstance(value, dict)):
                raise ValueError(f"`filter`: the value of `{key}` must be a list, such as `[created]`")
        return self

    @property
    def attributes(self) -> dict[str, str]:
        """As SNS has them."""
        return {
            "RawMessageDelivery": str(self.raw).lower(),
            "FilterPolicyScope": SCOPES[self.filter_on],
            "FilterPolicy": json.dumps(self.filter or {}, sort_keys=True),
        }


class Spec(AnySpec):
    """A topic of SNS: `<name>-<label>`, with `.fifo` at its end where it is one. A queue that it feeds lets in this
    topic's messages besides what it let in before."""

    default_provider = "aws"

    kind: Literal["sns"]
    name: TopicName = Field(examples=["order-events"])
    """Name of the topic, without the label and without `.fifo`."""
    fifo: bool = False
    """Whether messages keep their order. Changing this makes a new topic."""
    content_based_deduplication: bool = Field(False, alias="contentBasedDeduplication")
    """FIFO topics only: messages of the same content count as one within five minutes."""
    subscribe: Annotated[tuple[Subscription, ...], Several] = Field(
        (), max_length=50, examples=[[{"sqs": "orders", "filter": {"type": ["created"]}}]]
    )
    """The queues that it feeds. Others that it fed before are let go."""
    env: Variable | None = Field(None, examples=["ORDER_EVENTS_ARN"])
    """Variable that gets the topic's ARN."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.content_based_deduplication and not self.fifo:
            raise ValueError("`contentBasedDeduplication` is for FIFO topics: set `fifo: true`")
        fed = [each.sqs for each in self.subscribe]
        for queue in fed:
            if fed.count(queue) > 1:
                raise ValueError(f"`subscribe` names the queue `{queue}` twice")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The topic's real name."""
    return scope.name(spec.name, topics.NAME_MOST - len(queues.FIFO)) + (queues.FIFO if spec.fifo else "")


def env(spec: Spec) -> tuple[str, ...]:
    """The variable that it gives."""
    return (spec.env,) if spec.env else ()


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:
    """The queues that it feeds."""
    return tuple(("sqs", each.sqs) for each in spec.subscribe)


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Whether SNS answers, and the name is free or ours."""
    with translated(world, spec.server, "sns"):
        sns = client(world, spec.server, "sns")
        topics.own(sns, topics.arn(world, spec.server, name(spec, scope)), scope)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:  # noqa: ARG001
    """The topic as the spec says, with just these queues."""
    with translated(world, spec.server, "sqs", busy=queues.UNSETTLED):
        sqs = client(world, spec.server, "sqs") if spec.subscribe else None
        fed = [(each, *_queue(sqs, spec, each, scope)) for each in spec.subscribe]
    with translated(world, spec.server, "sns", busy=topics.GONE):
        sns = client(world, spec.server, "sns")
        arn = topics.arn(world, spec.server, name(spec, scope))
        deduplicates = {"ContentBasedDeduplication": str(spec.content_based_deduplication).lower()} if spec.fifo else {}
        topics.put(sns, arn, deduplicates, scope)
    with translated(world, spec.server, "sqs", busy=queues.UNSETTLED):
        for _, url, queue in fed:
            queues.allow(sqs, url, queue, arn)
    with translated(world, spec.server, "sns", busy=topics.GONE):
        gone = topics.subscribe(sns, arn, {queue: each.attributes for each, _, queue in fed})
    _let_go(world, spec.server, arn, gone, scope)
    return Made(id=arn, values={spec.env: arn} if spec.env else {})


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """The topic, its subscriptions, and what the queues' policies say of it."""
    with translated(world, receipt.provider, "sns", busy=topics.GONE):
        sns = client(world, receipt.provider, "sns")
        arn = topics.arn(world, receipt.provider, receipt.name)
        if not marks.ours(topics.tags(sns, arn) or {}, scope):
            return False
        fed = list(topics.subscriptions(sns, arn))
    _let_go(world, receipt.provider, arn, fed, scope)
    with translated(world, receipt.provider, "sns", busy=topics.GONE):
        topics.delete(sns, arn)
    return True


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """All topics of this service under this label."""
    with translated(world, provider, "sns"):
        sns = client(world, provider, "sns")
        pages = sns.get_paginator("list_topics").paginate()
        arns = [each["TopicArn"] for page in pages for each in page["Topics"]]
        arns = [each for each in arns if marks.could_be(topics.name(each).removesuffix(queues.FIFO), scope)]
        tags = marks.side_by_side(lambda arn: topics.tags(sns, arn), arns)
    return [
        Receipt("sns", topics.name(arn), scope.service, provider, state="ready", id=arn)
        for arn, has in zip(arns, tags, strict=True)
        if marks.ours(has or {}, scope)
    ]


def _queue(sqs: Any, spec: Spec, wish: Subscription, scope: Scope) -> tuple[str, str]:
    """URL and ARN of a queue to feed. It may be FIFO where the topic is."""
    plain, ordered = (queues.real_name(wish.sqs, scope, fifo=fifo) for fifo in (False, True))
    for queue in (ordered, plain) if spec.fifo else (plain,):
        found = queues.there(sqs, queue)
        if found and marks.of_stack(found[1], scope):
            return found[0], queues.arn(sqs, found[0])
        if found:
            raise marks.stranger(f"the queue `{queue}`", found[1], scope)
    if not spec.fifo and queues.there(sqs, ordered):
        raise Problem(
            f"the topic is not FIFO, and so cannot feed `{ordered}`, which is",
            "Set `fifo: true` for the topic, or leave it out for the queue.",
        )
    raise Problem(
        f"this stack has no queue `{wish.sqs}` to feed (`{plain}`)",
        f"List it: `{{kind: sqs, name: {wish.sqs}}}`. A queue of the base is never fed: its policy is not ours to change.",
    )


def _let_go(world: "World", provider: str, arn: str, fed: list[str], scope: Scope) -> None:
    """Queues that the topic fed let it in no more. Whose policy is not ours to change is left alone."""
    if not fed:
        return
    with translated(world, provider, "sqs", busy=queues.UNSETTLED):
        sqs = client(world, provider, "sqs")
        for each in fed:
            found = queues.there(sqs, topics.name(each))
            if found and marks.of_stack(found[1], scope):
                queues.disallow(sqs, found[0], arn)
