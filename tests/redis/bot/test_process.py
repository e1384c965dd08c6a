"""The receiver as a process: how it starts, refuses to, reads from a socket, and what it weighs."""

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.redis.bot.receiver import PAYLOAD, Receiver, headers

pytestmark = pytest.mark.redis

MEMORY_MOST = 90 * 1024  # kB


@pytest.fixture(scope="module")
def receiver(redis_process: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    made = Receiver(getattr(redis_process, "url"), tmp_path_factory.mktemp("receiver"))  # noqa: B009
    yield made
    made.end()


def run(*words: str, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEVSTACK_")}
    command = [sys.executable, "-m", "bot", *words]
    return subprocess.run(command, env={**environment, **given}, capture_output=True, text=True, timeout=30, check=False)


def test_it_says_its_version() -> None:
    assert run("--version").stdout == f"devstack {version('devstack')}\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "DEVSTACK_GITHUB_WEBHOOK_SECRET is missing"),
        ({"DEVSTACK_GITHUB_WEBHOOK_SECRET": " \t "}, "DEVSTACK_GITHUB_WEBHOOK_SECRET is missing"),
        ({"DEVSTACK_GITHUB_WEBHOOK_SECRET": "long enough", "DEVSTACK_REDIS_URL": "nowhere"}, "DEVSTACK_REDIS_URL"),
        ({"DEVSTACK_GITHUB_WEBHOOK_SECRET": "long enough", "DEVSTACK_BODY_MAX": "0"}, "DEVSTACK_BODY_MAX"),
    ],
)
def test_it_refuses_to_start_and_says_what_to_set(given: dict[str, str], said: str) -> None:
    done = run("--host", "127.0.0.1", "--port", "0", **given)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def connected(receiver: Receiver, *lines: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", receiver.port), timeout=10)
    head = ["POST /webhooks/github HTTP/1.1", "Host: x", "Content-Type: application/json", *lines, "", ""]
    client.sendall("\r\n".join(head).encode())
    return client


def test_too_large_a_body_is_answered_before_it_is_sent(receiver: Receiver) -> None:
    with connected(receiver, f"X-Hub-Signature-256: sha256={'0' * 64}", "Content-Length: 30000000") as client:
        assert client.recv(64).startswith(b"HTTP/1.1 413 ")


def test_too_large_a_body_is_answered_while_it_streams(receiver: Receiver) -> None:
    chunk = b"%x\r\n" % 1_000_000 + b"x" * 1_000_000 + b"\r\n"
    sent = 0
    with connected(receiver, f"X-Hub-Signature-256: sha256={'0' * 64}", "Transfer-Encoding: chunked") as client:
        client.settimeout(0.001)
        answer = b""
        while not answer and sent < 100:
            client.settimeout(10)
            client.sendall(chunk)
            sent += 1
            client.settimeout(0.02)
            try:
                answer = client.recv(64)
            except TimeoutError:
                continue
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert sent <= 30


def test_a_sender_that_goes_away_in_the_middle_does_no_harm(receiver: Receiver) -> None:
    body = json.dumps(PAYLOAD).encode()
    for _ in range(20):
        given = [f"{name}: {value}" for name, value in headers(body, str(uuid.uuid4())).items() if name != "Content-Type"]
        client = connected(receiver, *given, f"Content-Length: {len(body)}")
        client.sendall(body[:-5])
        client.close()
    assert receiver.status(str(uuid.uuid4())) == 202
    assert "Traceback" not in receiver.log.read_text()


def test_a_body_in_many_pieces_is_read_whole(receiver: Receiver) -> None:
    body = json.dumps(PAYLOAD).encode()
    given = [f"{name}: {value}" for name, value in headers(body, str(uuid.uuid4())).items() if name != "Content-Type"]
    with connected(receiver, *given, f"Content-Length: {len(body)}") as client:
        for position in range(0, len(body), 50):
            client.sendall(body[position : position + 50])
            time.sleep(0.001)
        assert client.recv(64).startswith(b"HTTP/1.1 202 ")


def test_it_stays_small(receiver: Receiver) -> None:
    for _ in range(100):
        assert receiver.status(str(uuid.uuid4())) == 202
    rollup = Path(f"/proc/{receiver.process.pid}/smaps_rollup").read_text()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    assert sizes["Pss"] <= sizes["Rss"] <= MEMORY_MOST
