"""Somebody's cluster: nothing is put into it unasked, and what was put into it goes again."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from playground import process
from playground.cluster import addons
from playground.places import Places
from tests.cluster.playground.namespaced import DOWN, STATUS, Namespaced

pytestmark = pytest.mark.cluster
UP = """
import json, sys
from pathlib import Path
import playground
from playground.places import Places
where = Places(Path(sys.argv[1]), Path(sys.argv[2]))
try:
    print(json.dumps(playground.start("current", install=sys.argv[3:], at=where).as_json()))
except playground.PlaygroundError as error:
    sys.exit(str(error))
"""


@dataclass(frozen=True)
class Theirs:
    """A cluster that is not the playground's own; `places` are those of the playground that uses it."""

    own: Namespaced
    found: dict[str, Any]
    places: Places

    def call(self, script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the playground with their kubeconfig."""
        where = (self.places.cache, self.places.state)
        return self.own.run(
            sys.executable, "-c", script, *where, *arguments, env={"KUBECONFIG": self.found["kubeconfig"], **env}
        )


@pytest.fixture(scope="module")
def theirs(namespaced: Namespaced) -> Theirs:
    found = namespaced.up()
    namespaced.kubectl(found, "delete", "namespace", addons.NAMESPACE)
    # The image that the nodes of the outside world pull from the public registry.
    registry, public = f"docker://{found['registry']}", addons.PUBLIC_IMAGES["traefik"].removeprefix("docker.io/")
    ours = f"{registry}/devstack/traefik:{public.partition(':')[2]}"
    copied = namespaced.run(
        "skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", ours, f"{registry}/{public}"
    )
    assert copied.returncode == 0, copied.stderr
    state = Path(f"{namespaced.places.state}-other")
    return Theirs(namespaced, found, Places(namespaced.places.cache, state))


def test_without_being_asked_nothing_is_installed_and_what_is_missing_is_said(theirs: Theirs) -> None:
    asked = theirs.call(UP)
    assert asked.returncode == 1
    assert "DEVSTACK_REGISTRY must name one" in asked.stderr
    asked = theirs.call(UP, DEVSTACK_REGISTRY="192.0.2.1:5000")
    assert "DEVSTACK_PREVIEW_BASE_URL must tell" in asked.stderr
    namespaces = theirs.own.kubectl(theirs.found, "get", "namespaces", "-o", "name")
    assert addons.NAMESPACE not in namespaces


def test_a_kubeconfig_that_names_no_cluster_is_told(theirs: Theirs) -> None:
    asked = theirs.call(UP, KUBECONFIG="/no/such/file")
    assert "/no/such/file does not exist" in asked.stderr


def test_traefik_is_installed_when_asked_for_and_reached_through_a_tunnel(theirs: Theirs) -> None:
    asked = theirs.call(UP, "traefik", DEVSTACK_REGISTRY="192.0.2.1:5000")
    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout)
    assert found["cluster"] == "current"
    assert found["registry"] == "192.0.2.1:5000"
    answer = theirs.own.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", found["traefik_url"])
    assert answer.stdout == "404"
    assert json.loads(theirs.call(STATUS).stdout) == {"kube-apiserver": "up"}


def test_down_removes_what_was_installed_and_leaves_their_cluster_alone(theirs: Theirs) -> None:
    assert theirs.call(DOWN).stdout.strip() == "True"
    assert not theirs.places.state.exists()
    assert list(process.marked(str(theirs.places.state))) == []
    namespaces = theirs.own.kubectl(theirs.found, "get", "namespaces", "-o", "name")
    assert addons.NAMESPACE not in namespaces
    assert "namespace/default" in namespaces
