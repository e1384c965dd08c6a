"""What the shop's base application has of its own, made as its operators would: a queue behind a topic, databases, keys."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from playground.backends import Backends
from playground.demo.stage import SHOP, Stage

NAMESPACE = "shop"
NEEDS = ("localstack", "postgres", "kafka")
QUEUE, TOPIC, EVENTS = "orders", "order-events", "orders"  # SQS, SNS, Kafka
DATABASE, TEMPLATE = "orders", "orders_template"


def make(stage: Stage, up: Backends) -> None:
    """All of it, and the Secrets `aws` and `orders` by which the base's pods are told. Fine where it is there already."""
    queue = _queue(up)
    _databases(up)
    _topic(up)
    inside = up.environment("cluster")
    aws = {key: value for key, value in inside.items() if key.startswith("AWS_")}
    aws.setdefault("AWS_DEFAULT_REGION", aws["AWS_REGION"])
    orders = {
        "ORDERS_QUEUE_URL": queue,
        "DATABASE_URL": _database_url(inside["DEVSTACK_PROVIDER_POSTGRES_URL"], DATABASE),
        "ORDERS_TOPIC": EVENTS,
        "KAFKA_BROKERS": urlsplit(inside["DEVSTACK_PROVIDER_KAFKA_URL"]).netloc,
    }
    stage.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _secret("aws", aws),
        _secret("orders", orders),
    )


def listed(up: Backends) -> dict[str, list[str]]:
    """What the servers have now: queues, topics, databases, roles."""
    sqs, sns = _aws(up, "sqs"), _aws(up, "sns")
    urls = [url for page in sqs.get_paginator("list_queues").paginate() for url in page.get("QueueUrls", ())]
    arns = [each["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for each in page["Topics"]]
    with _postgres(up) as database:
        databases = database.execute("SELECT datname FROM pg_database WHERE NOT datistemplate").fetchall()
        roles = database.execute("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").fetchall()
    with _kafka(up) as admin:
        topics = [topic for topic in admin.list_topics() if not topic.startswith("_")]
    return {
        "queues": sorted(url.rpartition("/")[2] for url in urls),
        "topics": sorted(arn.rpartition(":")[2] for arn in arns),
        "databases": sorted(name for (name,) in databases),
        "roles": sorted(name for (name,) in roles),
        "Kafka topics": sorted(topics),
    }


def orders(up: Backends) -> list[str]:
    """What the base's own database holds: who wrote each order down."""
    with _postgres(up, DATABASE) as database:
        return [f"{item} by {by}" for item, by in database.execute("SELECT item, handled_by FROM orders ORDER BY at")]


def _queue(up: Backends) -> str:
    """The queue behind the topic; its address as pods see it."""
    sqs, sns = _aws(up, "sqs"), _aws(up, "sns")
    url = str(sqs.create_queue(QueueName=QUEUE)["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=TOPIC)["TopicArn"]
    may = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = {"Version": "2012-10-17", "Statement": [{**may, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    inside = up.environment("cluster")["AWS_ENDPOINT_URL"]
    return f"{inside}{urlsplit(url).path}"


def _databases(up: Backends) -> None:
    """The base's database, and a template of it that nobody is connected to, for features to copy."""
    url = up.environment("loopback")["DEVSTACK_PROVIDER_POSTGRES_URL"]
    with _postgres(up) as database:
        for name in (DATABASE, TEMPLATE):
            if not database.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                database.execute(f'CREATE DATABASE "{name}"')
    for name in (DATABASE, TEMPLATE):
        subprocess.run(
            [sys.executable, "migrate.py"],
            cwd=SHOP / "orders" / "app",
            env={**os.environ, "DATABASE_URL": _database_url(url, name), "PYTHONDONTWRITEBYTECODE": "1"},
            check=True,
            capture_output=True,
        )


def _topic(up: Backends) -> None:
    from kafka.admin import NewTopic

    with _kafka(up) as admin:
        if EVENTS not in admin.list_topics():
            admin.create_topics([NewTopic(EVENTS, 2, 1)])


def _aws(up: Backends, service: str) -> Any:
    from botocore.session import Session

    told = up.environment("loopback")
    return Session().create_client(
        service,
        region_name=told["AWS_REGION"],
        endpoint_url=told["AWS_ENDPOINT_URL"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
    )


@contextmanager
def _postgres(up: Backends, database: str = "postgres") -> Iterator[Any]:
    import psycopg

    url = _database_url(up.environment("loopback")["DEVSTACK_PROVIDER_POSTGRES_URL"], database)
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        yield connection


@contextmanager
def _kafka(up: Backends) -> Iterator[Any]:
    from kafka.admin import KafkaAdminClient

    servers = urlsplit(up.environment("loopback")["DEVSTACK_PROVIDER_KAFKA_URL"]).netloc
    admin = KafkaAdminClient(bootstrap_servers=servers.split(","))
    try:
        yield admin
    finally:
        admin.close()


def _database_url(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _secret(name: str, values: Mapping[str, str]) -> dict[str, Any]:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}, "data": data}
