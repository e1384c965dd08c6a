"""AWS for the tests of its kinds: one feature of its own for each test, and servers that answer as AWS does when it
refuses, or is too busy."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hooks import table
from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Unreachable
from hooks.kube import Kube
from hooks.providers import aws, aws_marks
from hooks.world import World
from model.marks import LABEL_STACK
from tests.redis.tools.watching import free_port

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Place:
    """One kind, on a real server, in a feature that no other test has."""

    def __init__(self, kind: str, env: Mapping[str, str], tell: Callable[[Callable[[], object]], object]) -> None:
        self.kind = kind
        self.module = table.module(kind)
        self.env = dict(env)
        self.later = tell  # what is to be done at the end, the last first
        self.id = uuid.uuid4().hex[:6]
        self.scope = self.of("orders")
        self.worlds: list[World] = []
        self.world = self.fresh()
        self.records: dict[str, Receipt] = {}

    def of(self, service: str, label: str = "", stack: str = "") -> Scope:
        """A service of the feature, or of another."""
        label = label or f"f{self.id}x"
        stack = stack or f"acme-shop-{self.id}"
        return Scope(
            stack=stack, label=label, service=service, release=f"{service}-{label}", namespace=f"devstack-{stack}"
        )

    def fresh(self, **env: str) -> World:
        """A world as that of a further run."""
        world = World({**self.env, **env}, Kube(None), deadline=time.monotonic() + 60, settings={})
        self.worlds.append(world)
        return world

    def spec(self, **fields: Any) -> Any:
        """A resource as it is written."""
        return self.module.Spec.model_validate_json(json.dumps({"kind": self.kind, **fields}))

    def name(self, **fields: Any) -> str:
        """Its real name."""
        return self.module.name(self.spec(**fields), self.scope)

    def check(self, **fields: Any) -> None:
        """As a run begins."""
        spec = self.spec(**fields)
        self.module.check(self.world, spec, self.scope, self.records.get(self.module.name(spec, self.scope)))

    def ensure(self, **fields: Any) -> Made:
        """As a run goes on, with its records."""
        spec = self.spec(**fields)
        name = self.module.name(spec, self.scope)
        made = self.module.ensure(self.world, spec, self.scope, self.records.get(name))
        facts = json.loads(json.dumps(dict(made.facts)))
        receipt = Receipt(self.kind, name, self.scope.service, spec.server, "ready", made.id, facts=facts)
        assert set(made.values) == set(self.module.env(spec))
        assert receipt.name in [each.name for each in self.find()]
        self.records[name] = receipt
        return made

    def receipt(self, **fields: Any) -> Receipt:
        """The least that is on record: it was begun."""
        return Receipt(self.kind, self.name(**fields), self.scope.service, self.spec(**fields).server)

    def remove(self, **fields: Any) -> bool:
        """As a run does, by the record alone."""
        return self.module.remove(self.fresh(), self.receipt(**fields), self.scope)

    def find(self, scope: Scope | None = None) -> list[Receipt]:
        """What the server has of the feature."""
        return self.module.find(self.world, scope or self.scope, "aws")

    def client(self, service: str = "") -> Any:
        """The server itself, past what is tested."""
        return aws.client(self.world, "aws", service or self.kind)

    def foreign(self, **fields: Any) -> Foreign:
        """What is said where the name is taken, by `check` and by `ensure`."""
        with pytest.raises(Foreign) as checked:
            self.check(**fields)
        with pytest.raises(Foreign) as ensured:
            self.ensure(**fields)
        assert str(checked.value) == str(ensured.value)
        assert not self.remove(**fields)
        assert self.find() == []
        return ensured.value

    def close(self) -> None:
        """Nothing is left of the feature, and no connection."""
        for receipt in self.find():
            self.module.remove(self.world, receipt, self.scope)
        left = self.find()
        for world in self.worlds:
            close(world)
        assert left == []


@contextmanager
def place(kind: str, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A kind on a real server."""
    todo: list[Callable[[], object]] = []
    made = Place(kind, request.getfixturevalue("provided"), todo.append)
    try:
        yield made
    finally:
        for act in reversed(todo):
            act()
        made.close()


def close(world: World) -> None:
    """Close the connections of all clients of a world."""
    for client in world._clients.values():
        if hasattr(client, "meta"):
            client.close()


def marked(scope: Scope, **other: str) -> list[dict[str, str]]:
    """Tags as ours, of another stack where it says so."""
    return [
        {"Key": key, "Value": other.get(key.rpartition("/")[2], value)} for key, value in aws_marks.tags(scope).items()
    ]


STRANGERS: tuple[list[dict[str, str]], ...] = (
    [],
    [{"Key": "team", "Value": "shop"}],
    [{"Key": LABEL_STACK, "Value": "x"}],
)

# How the services say no. SQS's newer protocol has its older codes in a header.
XML = (
    '<?xml version="1.0"?>\n<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
    "<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)
S3_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
UNKNOWN = "The security token included in the request is invalid."
UNKNOWN_CODES = {
    "sqs": "InvalidClientTokenId", "sns": "InvalidClientTokenId", "s3": "InvalidAccessKeyId",
    "dynamodb": "UnrecognizedClientException", "secretsmanager": "UnrecognizedClientException",
    "ssm": "UnrecognizedClientException",
}  # fmt: skip
DENIED_CODES = {"sns": "AuthorizationError", "s3": "AccessDenied"}
THROTTLED = {
    "sqs": (403, "RequestThrottled"), "sns": (400, "Throttling"), "s3": (503, "SlowDown"),
    "dynamodb": (400, "ProvisionedThroughputExceededException"), "secretsmanager": (400, "ThrottlingException"),
    "ssm": (400, "ThrottlingException"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, to whatever was asked."""

    status: int
    code: str
    message: str

    def written(self, service: str) -> tuple[dict[str, str], str]:
        """Headers and body, in the service's protocol."""
        if service in {"sns", "sts"}:
            return {"Content-Type": "text/xml"}, XML.format(code=self.code, message=self.message)
        if service == "s3":
            return {"Content-Type": "application/xml"}, S3_XML.format(code=self.code, message=self.message)
        query = {"x-amzn-query-error": f"{self.code};Sender"} if service == "sqs" else {}
        body = {"__type": f"com.amazonaws.{service}#{self.code}", "message": self.message}
        return {"Content-Type": "application/x-amz-json-1.0", **query}, json.dumps(body)


@contextmanager
def answering(kind: str, answer: Answer) -> Iterator[dict[str, str]]:
    """A server on loopback that always answers this, and the environment that leads there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers, body = answer.written(kind)
            self.send_response(answer.status)
            for key, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield environment(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def environment(port: int) -> dict[str, str]:
    """Of a hook whose AWS is a port of this machine."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }


def said(kind: str, env: Mapping[str, str], wanted: type[Exception], **fields: Any) -> str:
    """What `check`, `ensure`, `remove` and `find` say, which is the same for each of them; all within eight seconds."""
    module, world = table.module(kind), World(env, Kube(None), deadline=time.monotonic() + 60, settings={})
    spec = module.Spec.model_validate_json(json.dumps({"kind": kind, **fields}))
    scope = Scope(stack="acme-shop-1", label="feature1", service="orders", release="orders-feature1", namespace="n")
    receipt = Receipt(kind, module.name(spec, scope), "orders", spec.server)
    began, words = time.monotonic(), set[str]()
    for act in (
        lambda: module.check(world, spec, scope, None),
        lambda: module.ensure(world, spec, scope, None),
        lambda: module.remove(world, receipt, scope),
        lambda: module.find(world, scope, "aws"),
    ):
        with pytest.raises(wanted) as raised:
            act()
        error = raised.value
        words.add(f"{error.sentence} {error.remedy}" if isinstance(error, Problem) else str(error))
    close(world)
    assert time.monotonic() - began < 8
    for each in words:
        assert SECRET not in each
    return "\n".join(sorted(words))


def down(kind: str, **fields: Any) -> None:
    """Nobody listens there."""
    port = free_port()
    words = said(kind, environment(port), Unreachable, **fields)
    assert words.count(f"at 127.0.0.1:{port} does not answer: the connection is refused") == words.count("\n") + 1


def wrong_credentials(kind: str, **fields: Any) -> None:
    """AWS does not know the key."""
    with answering(kind, Answer(403, UNKNOWN_CODES[kind], UNKNOWN)) as env:
        words = said(kind, env, Problem, **fields)
    assert "does not know us" in words
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in words


def denied(kind: str, **fields: Any) -> None:
    """AWS knows us, and does not allow it."""
    message = "User: arn:aws:iam::123456789012:user/hooks is not authorized to perform this action"
    with answering(kind, Answer(403, DENIED_CODES.get(kind, "AccessDeniedException"), message)) as env:
        words = said(kind, env, Problem, **fields)
    assert message in words
    assert "does not allow" in words


def throttled(kind: str, **fields: Any) -> None:
    """AWS has too much to do: worth another try."""
    for status, code in (THROTTLED[kind], (429, "TooManyRequestsException"), (500, "InternalError"), (503, "x")):
        with answering(kind, Answer(status, code, "Rate exceeded")) as env:
            assert code in said(kind, env, Unreachable, **fields)
