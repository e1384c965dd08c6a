"""What is told of the backends: to the cluster, to hooks, and what is kept of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from playground.backends import objects, passwords, record, up
from playground.backends.record import Record
from playground.backends.table import BACKENDS, NAMES, Backend, chosen
from playground.backends.value import Backends
from playground.cluster.value import Playground
from playground.errors import PlaygroundError

PORTS = {
    name: {port: 30000 + 10 * row + column for column, port in enumerate(backend.from_host)}
    for row, (name, backend) in enumerate(BACKENDS.items())
}
PASSWORDS = {name: f"password-of-{name}" for name in passwords.NEEDED}


def playground(state: Path) -> Playground:
    return Playground("embedded", state / "kubeconfig", "registry:5000", "http://127.0.0.1:80", state / "bin", state, ())


def told(names: tuple[str, ...], side: Any, state: Path) -> dict[str, str]:
    return Backends(playground(state), names, PORTS, PASSWORDS).environment(side)


def items(backend: Backend, *, node_ports: bool = True) -> dict[str, dict[str, Any]]:
    text = objects.of(backend, "registry:5000/image:1", PORTS[backend.name], node_ports=node_ports)
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in json.loads(text)["items"]}


def test_pods_are_told_the_names_of_services(tmp_path: Path) -> None:
    domain = "devstack-backends.svc.cluster.local"
    assert told(NAMES, "cluster", tmp_path) == {
        "AWS_ENDPOINT_URL": f"http://localstack.{domain}:4566",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://moto.{domain}:5000",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "DEVSTACK_PROVIDER_POSTGRES_URL": f"postgresql://postgres:password-of-postgres@postgres.{domain}:5432/postgres",
        "DEVSTACK_PROVIDER_MYSQL_URL": f"mysql://root:password-of-mariadb@mariadb.{domain}:3306/",
        "DEVSTACK_PROVIDER_REDIS_URL": f"redis://:password-of-redis@redis.{domain}:6379",
        "DEVSTACK_PROVIDER_RABBITMQ_URL": f"http://admin:password-of-rabbitmq@rabbitmq.{domain}:15672",
        "DEVSTACK_PROVIDER_RABBITMQ_AMQP_URL": f"amqp://rabbitmq.{domain}:5672",
        "DEVSTACK_PROVIDER_KAFKA_URL": f"kafka://kafka.{domain}:9092",
    }


def test_this_host_is_told_ports_of_the_loopback_interface(tmp_path: Path) -> None:
    here, there = told(NAMES, "loopback", tmp_path), told(NAMES, "cluster", tmp_path)
    assert here.keys() == there.keys()
    assert not [value for value in here.values() if "cluster.local" in value]
    assert here["DEVSTACK_PROVIDER_KAFKA_URL"] == f"kafka://127.0.0.1:{PORTS['kafka']['broker']}"
    assert here["DEVSTACK_PROVIDER_RABBITMQ_AMQP_URL"] == f"amqp://127.0.0.1:{PORTS['rabbitmq']['amqp']}"


def test_only_what_was_asked_for_is_told(tmp_path: Path) -> None:
    assert list(told(("redis",), "cluster", tmp_path)) == ["DEVSTACK_PROVIDER_REDIS_URL"]


def test_without_localstack_nothing_reaches_for_the_real_aws(tmp_path: Path) -> None:
    alone = told(("moto",), "loopback", tmp_path)
    assert alone["AWS_ENDPOINT_URL"] == alone["AWS_ENDPOINT_URL_DYNAMODB"]
    assert told(("moto", "localstack"), "loopback", tmp_path)["AWS_ENDPOINT_URL"] != alone["AWS_ENDPOINT_URL"]


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    value = Backends(playground(tmp_path), NAMES, PORTS, PASSWORDS)
    shown = repr((value, [value.address(backend, "cluster") for backend in BACKENDS.values()]))
    assert [password for password in PASSWORDS.values() if password in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_is_bounded_and_has_no_rights(name: str) -> None:
    pod = items(BACKENDS[name])[f"Deployment/{name}"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (pod["enableServiceLinks"], pod["automountServiceAccountToken"]) == (False, False)
    assert container["resources"]["limits"]["memory"].endswith("Mi")
    assert container["startupProbe"]["periodSeconds"] == 1
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@pytest.mark.parametrize("name", passwords.NEEDED)
def test_a_program_is_told_its_password_by_the_secret(name: str) -> None:
    backend = BACKENDS[name]
    (container,) = items(backend)[f"Deployment/{name}"]["spec"]["template"]["spec"]["containers"]
    by_name = {each["name"]: each for each in container["env"]}
    assert by_name[backend.admin]["valueFrom"] == {"secretKeyRef": {"name": "admin", "key": name}}


def test_queues_are_called_by_a_name_that_all_namespaces_know() -> None:
    (container,) = items(BACKENDS["localstack"])["Deployment/localstack"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "LOCALSTACK_HOST", "value": "localstack.devstack-backends.svc.cluster.local:4566"} in container["env"]


def test_kafka_tells_each_side_where_to_go() -> None:
    found = items(BACKENDS["kafka"])
    (container,) = found["Deployment/kafka"]["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each["value"] for each in container["env"]} == {
        "CLUSTER_ADDRESS": "kafka.devstack-backends.svc.cluster.local:9092",
        "HOST_ADDRESS": f"127.0.0.1:{PORTS['kafka']['broker']}",
    }
    assert [each["port"] for each in found["Service/kafka"]["spec"]["ports"]] == [9092]
    assert [each["port"] for each in found["Service/kafka-host"]["spec"]["ports"]] == [9094]


@pytest.mark.parametrize("name", NAMES)
def test_node_ports_are_those_that_were_found_free_and_only_where_the_node_is_this_host(name: str) -> None:
    service = items(BACKENDS[name])[f"Service/{name}-host"]["spec"]
    assert service["type"] == "NodePort"
    assert {each["name"]: each["nodePort"] for each in service["ports"]} == PORTS[name]
    assert f"Service/{name}-host" not in items(BACKENDS[name], node_ports=False)


def test_an_unknown_backend_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(PlaygroundError, match=r"no backend mysql; there are moto, localstack"):
        up.ensure(playground(tmp_path), ["redis", "mysql"])
    assert [each.name for each in chosen(["kafka", "moto"])] == ["moto", "kafka"]


def test_the_record_is_kept_and_a_broken_one_is_none(tmp_path: Path) -> None:
    kept = Record().with_ports("redis", {"redis": 30001}).with_applied("redis", "abc")
    record.save(kept, tmp_path)
    assert record.load(tmp_path) == kept
    (tmp_path / record.FILE).write_text("{")
    assert record.load(tmp_path) == Record()
    record.forget(tmp_path)
    record.forget(tmp_path)
    assert up.states(playground(tmp_path)) == {}
