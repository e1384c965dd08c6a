"""Queues of SQS, one at a time: what `sqs` makes and `sns` feeds."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hooks.contract import Scope
from hooks.providers import aws_marks as marks
from hooks.providers.aws_errors import unless
from model import names

NAME_MOST = 80  # AWS's own limit, with all endings
DLQ = "-dlq"
FIFO = ".fifo"
GONE = frozenset({"NonExistentQueue", "QueueDoesNotExist"})
# A queue that was just made may not be seen everywhere yet; one that was just removed may still be.
UNSETTLED = GONE | {"QueueAlreadyExists", "QueueNameExists"}
REDRIVE = "RedrivePolicy"

_policies = threading.Lock()  # a policy is read, changed, written: two topics may feed one queue


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it is on the server; `new` where it was made just now."""

    url: str
    arn: str
    new: bool


def real_name(base: str, scope: Scope, *, fifo: bool) -> str:
    """A queue's real name. It leaves room for both endings, so that a `dlq` can be added later."""
    return scope.name(base, NAME_MOST - len(DLQ) - len(FIFO)) + (FIFO if fifo else "")


def dlq_name(queue: str) -> str:
    """Real name of a queue's queue for failed messages."""
    stem = queue.removesuffix(FIFO)
    return stem + DLQ + queue[len(stem) :]


def main_name(queue: str, scope: Scope) -> str | None:
    """The queue that this one is, or is for, where it can be of this label."""
    stem = queue.removesuffix(FIFO)
    if marks.could_be(stem, scope):
        return queue
    main = stem.removesuffix(DLQ)
    return main + queue[len(stem) :] if main != stem and marks.could_be(main, scope) else None


def tags(sqs: Any, url: str) -> dict[str, str] | None:
    """The tags of a queue; None where it does not exist."""
    answer = unless(GONE, sqs.list_queue_tags, QueueUrl=url)
    return None if answer is None else dict(answer.get("Tags", {}))


def there(sqs: Any, queue: str) -> tuple[str, dict[str, str]] | None:
    """URL and tags of a queue, whoever it belongs to; None where it does not exist."""
    answer = unless(GONE, sqs.get_queue_url, QueueName=queue)
    if answer is None:
        return None
    has = tags(sqs, answer["QueueUrl"])
    return None if has is None else (answer["QueueUrl"], has)


def own(sqs: Any, queue: str, scope: Scope) -> str | None:
    """URL of a queue of ours; None where it does not exist. Foreign where it is somebody else's."""
    found = there(sqs, queue)
    if found is None:
        return None
    url, has = found
    if not marks.ours(has, scope):
        raise marks.stranger(f"the queue `{queue}`", has, scope)
    return url


def put(sqs: Any, queue: str, wanted: Mapping[str, str], scope: Scope) -> Queue:
    """The queue, made or altered to have these attributes. Messages that are in it stay."""
    url = own(sqs, queue, scope)
    new = url is None
    if url is None:
        fifo = {"FifoQueue": "true"} if queue.endswith(FIFO) else {}
        url = sqs.create_queue(QueueName=queue, Attributes={**wanted, **fifo}, tags=marks.tags(scope))["QueueUrl"]
        has_tags = tags(sqs, url)
        if has_tags is not None and not marks.ours(has_tags, scope):
            # AWS answers in the same way where somebody else has made such a queue a moment ago.
            raise marks.stranger(f"the queue `{queue}`", has_tags, scope)
    has = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    other = {key: value for key, value in wanted.items() if not _same(key, has.get(key), value)}
    if REDRIVE not in wanted and has.get(REDRIVE):
        other[REDRIVE] = ""
    if other:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=other)
    return Queue(url, has["QueueArn"], new)


def arn(sqs: Any, url: str) -> str:
    """The queue's ARN."""
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def delete(sqs: Any, queue: str, scope: Scope) -> bool:
    """Remove a queue with its messages; False where there is none of ours."""
    found = there(sqs, queue)
    if found is None or not marks.ours(found[1], scope):
        return False
    unless(GONE, sqs.delete_queue, QueueUrl=found[0])
    return True


def allow(sqs: Any, url: str, queue_arn: str, topic: str) -> None:
    """Let this topic send to the queue, besides those that may already."""
    statement = {
        "Sid": _sid(topic),
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    _change(sqs, url, lambda others: [*others, statement], topic)


def disallow(sqs: Any, url: str, topic: str) -> None:
    """Take away what `allow` gave; the queue may go in this very moment, where both are removed side by side."""
    unless(GONE, _change, sqs=sqs, url=url, change=lambda others: others, topic=topic)


def _change(sqs: Any, url: str, change: Callable[[list[Any]], list[Any]], topic: str) -> None:
    """`change` gets the policy's statements without the topic's."""
    with _policies:
        answer = unless(GONE, sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Policy"])
        if answer is None:
            return
        policy = json.loads(answer.get("Attributes", {}).get("Policy") or "{}")
        has = policy.get("Statement", [])
        wanted = change([each for each in has if each.get("Sid") != _sid(topic)])
        if wanted != has:
            text = json.dumps({"Version": "2012-10-17", **policy, "Statement": wanted}) if wanted else ""
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": text})


def _sid(topic: str) -> str:
    return f"devstack{names.short_hash(topic, 16)}"


def _same(key: str, has: str | None, wanted: str) -> bool:
    if key != REDRIVE or not has:
        return has == wanted
    return {each: str(value) for each, value in json.loads(has).items()} == {
        each: str(value) for each, value in json.loads(wanted).items()
    }
