"""A real request to each backend, with no more than an operator's environment. Runs on this host and, as text, in a pod:
`python -c "$(cat backend_requests.py)" localstack moto …` prints for each `ok` or what went wrong."""

import json
import os
import sys
import traceback
import urllib.request
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

NAME = f"look-{uuid.uuid4().hex[:8]}"


def client(service: str) -> Any:
    from botocore.session import Session

    session = Session()
    session.set_config_variable("region", os.environ["AWS_REGION"])
    return session.create_client(service)


def localstack() -> None:
    """sns → sqs, s3, secretsmanager, ssm; queues are called by URLs that any pod can open."""
    sqs, sns = client("sqs"), client("sns")
    queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    topic = sns.create_topic(Name=NAME)["TopicArn"]
    wanted = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    try:
        arn = wanted["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        sns.publish(TopicArn=topic, Message="hello")
        got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
        assert [each["Body"] for each in got] == ["hello"]
        assert urlsplit(queue).netloc == "localstack.devstack-backends.svc.cluster.local:4566"
        if urlsplit(os.environ["AWS_ENDPOINT_URL"]).hostname != "127.0.0.1":
            with urllib.request.urlopen(f"{queue}?Action=GetQueueAttributes", timeout=5) as answer:
                assert answer.status == 200
    finally:
        sqs.delete_queue(QueueUrl=queue)
        sns.delete_topic(TopicArn=topic)
    assert client("s3").list_buckets()["Buckets"] is not None
    assert client("secretsmanager").list_secrets()["SecretList"] is not None
    assert client("ssm").describe_parameters()["Parameters"] is not None


def moto() -> None:
    dynamodb = client("dynamodb")
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    types = [{"AttributeName": "id", "AttributeType": "S"}]
    dynamodb.create_table(TableName=NAME, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST", **keys)
    try:
        dynamodb.put_item(TableName=NAME, Item={"id": {"S": "1"}})
        assert dynamodb.get_item(TableName=NAME, Key={"id": {"S": "1"}})["Item"] == {"id": {"S": "1"}}
    finally:
        dynamodb.delete_table(TableName=NAME)


def postgres() -> None:
    import psycopg

    with psycopg.connect(os.environ["DEVSTACK_PROVIDER_POSTGRES_URL"], autocommit=True) as connection:
        connection.execute(f'create database "{NAME}"')
        connection.execute(f'drop database "{NAME}"')
        version = connection.execute("show server_version_num").fetchone()
        assert version is not None
        assert version[0].startswith("15")


def mariadb() -> None:
    import pymysql

    url = urlsplit(os.environ["DEVSTACK_PROVIDER_MYSQL_URL"])
    login = {"user": url.username, "password": url.password}
    with pymysql.connect(host=url.hostname, port=url.port, **login) as connection, connection.cursor() as cursor:
        cursor.execute(f"create database `{NAME}`")
        cursor.execute(f"drop database `{NAME}`")
        cursor.execute("select version()")
        assert cursor.fetchone()[0].startswith("10.11")


def redis() -> None:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import AuthenticationError
    from redis.retry import Retry

    with Redis.from_url(os.environ["DEVSTACK_PROVIDER_REDIS_URL"]) as server:
        assert server.set(NAME, "1", ex=5)
        assert server.info("server")["redis_version"].startswith("7.")
    bare = urlsplit(os.environ["DEVSTACK_PROVIDER_REDIS_URL"])
    refused = False
    with Redis(host=bare.hostname or "", port=bare.port or 0, retry=Retry(NoBackoff(), 0)) as stranger:
        try:
            stranger.get(NAME)
        except AuthenticationError:
            refused = True
    assert refused


def rabbitmq() -> None:
    """The management API, and the greeting of the broker itself."""
    import socket

    api = urlsplit(os.environ["DEVSTACK_PROVIDER_RABBITMQ_URL"])
    login = b64encode(f"{api.username}:{api.password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    for method in ("PUT", "DELETE"):
        url = f"http://{api.hostname}:{api.port}/api/vhosts/{NAME}"
        request = urllib.request.Request(url, b"{}", headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status in {201, 204}
    amqp = urlsplit(os.environ["DEVSTACK_PROVIDER_RABBITMQ_AMQP_URL"])
    with socket.create_connection((amqp.hostname, amqp.port), timeout=5) as broker:
        broker.sendall(b"AMQP\x00\x00\x09\x01")
        assert b"RabbitMQ" in broker.recv(4096)


def kafka() -> None:
    from kafka import KafkaConsumer, KafkaProducer
    from kafka.admin import KafkaAdminClient, NewTopic

    servers = os.environ["DEVSTACK_PROVIDER_KAFKA_URL"].removeprefix("kafka://").split(",")
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic(NAME, num_partitions=3, replication_factor=1)])
    try:
        producer = KafkaProducer(bootstrap_servers=servers)
        producer.send(NAME, b"hello").get(timeout=10)
        producer.close()
        consumer = KafkaConsumer(
            NAME, bootstrap_servers=servers, group_id=NAME, auto_offset_reset="earliest", consumer_timeout_ms=10000
        )
        assert next(consumer).value == b"hello"
        consumer.close()
    finally:
        admin.delete_topics([NAME])
        admin.close()


REQUESTS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (localstack, moto, postgres, mariadb, redis, rabbitmq, kafka)
}


def outcome(name: str) -> str:
    """`ok`, or what went wrong."""
    try:
        REQUESTS[name]()
    except Exception:  # noqa: BLE001  (whatever it is: it is told to who started this)
        return traceback.format_exc()
    return "ok"


if __name__ == "__main__":
    print(json.dumps({name: outcome(name) for name in sys.argv[1:]}))  # noqa: T201
