"""Real processes on the loopback interface: supervised, redis-server, registries with and without a password."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import redis as client

from playground import ports, process, redis, registry
from playground.errors import PlaygroundError
from playground.registry import Login

pytestmark = pytest.mark.redis
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_ports_in_use_are_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert not ports.is_free(taken)
        found = ports.free(taken)
        assert found > taken
        assert ports.is_free(found)
        assert ports.free(taken, taken=[found]) > found


def test_a_server_on_all_addresses_takes_the_port_of_each() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1], "127.0.0.1")


def test_a_process_is_started_recorded_and_stopped(tmp_path: Path) -> None:
    record = process.spawn(tmp_path, "sleeper", SLEEP, log=tmp_path / "log", mark=str(tmp_path))
    assert process.read(tmp_path, "sleeper") == record
    assert process.alive(record)
    deadline = time.monotonic() + 2  # the kernel shows a program's environment an instant after it was started
    while not (found := list(process.marked(str(tmp_path)))) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert found == [record.pid]
    process.stop(tmp_path, "sleeper")
    assert not process.alive(record)
    assert process.read(tmp_path, "sleeper") is None


def test_stop_spares_the_stranger_that_got_the_process_id(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEP) as stranger:
        record = {"pid": stranger.pid, "started": 1, "boot": process.boot_id(), "fingerprint": ""}
        (tmp_path / "etcd.json").write_text(json.dumps(record))
        process.stop(tmp_path, "etcd", seconds=1)
        assert stranger.poll() is None
        stranger.kill()


def test_one_that_does_not_end_when_asked_is_made_to(tmp_path: Path) -> None:
    record = process.spawn(tmp_path, "stubborn", SLEEP, log=tmp_path / "log", mark=str(tmp_path))
    os.kill(record.pid, signal.SIGSTOP)
    process.stop(tmp_path, "stubborn", seconds=0.2)
    assert not process.alive(record)


def test_children_are_found_by_the_mark_even_without_a_record(tmp_path: Path) -> None:
    parent = f"import subprocess, time; subprocess.Popen({SLEEP!r}); time.sleep(600)"
    argv = [sys.executable, "-c", parent]
    process.spawn(tmp_path, "parent", argv, log=tmp_path / "log", mark=str(tmp_path))
    while len(list(process.marked(str(tmp_path)))) < 2:
        pass
    assert process.kill_all(process.marked(str(tmp_path))) == []
    assert list(process.marked(str(tmp_path))) == []


def test_redis_starts_answers_and_keeps_its_data(tmp_path: Path) -> None:
    first = redis.start(tmp_path)
    with client.Redis.from_url(first.url) as connection:
        connection.set("kept", "yes")
    first.stop()
    second = redis.start(tmp_path, port=first.port)
    with client.Redis.from_url(second.url) as connection:
        assert connection.get("kept") == b"yes"
    second.stop()
    assert list(process.marked(str(tmp_path))) == []


def test_a_redis_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(PlaygroundError) as failed:
        redis.start(tmp_path, port=server.getsockname()[1])
    assert f"Log: {tmp_path}/redis.log" in str(failed.value)
    assert "in use" in str(failed.value)


def _status(url: str, token: str = "") -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_registry_without_a_password(tmp_path: Path) -> None:
    with registry.running(tmp_path) as started:
        assert _status(f"http://{started.address}/v2/") == 200
        assert started.auth_file is None
    assert list(process.marked(str(tmp_path))) == []


def test_a_registry_with_a_password(tmp_path: Path) -> None:
    with registry.running(tmp_path, auth=Login("ann", "s3cret")) as started:
        assert started.auth_file is not None
        token = json.loads(started.auth_file.read_text())["auths"][started.address]["auth"]
        assert _status(f"http://{started.address}/v2/") == 401
        assert _status(f"http://{started.address}/v2/", token) == 200
        assert started.auth_file.stat().st_mode & 0o077 == 0


def test_images_are_planted_as_links_but_what_changes_in_place_is_copied(tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    blob, link = Path("docker/registry/v2/blobs/sha256/aa/data"), Path("docker/registry/v2/repositories/x/current/link")
    for path, size in ((blob, registry.BLOB_BYTES + 1), (link, 71)):
        (seed / path).parent.mkdir(parents=True)
        (seed / path).write_bytes(b"x" * size)
    for _ in range(2):
        registry.plant(seed, tmp_path / "data")
    assert (tmp_path / "data" / blob).samefile(seed / blob)
    assert (tmp_path / "data" / link).read_bytes() == (seed / link).read_bytes()
    assert not (tmp_path / "data" / link).samefile(seed / link)
