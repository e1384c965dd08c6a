"""helm's and helmfile's words: whose fault it was, and the lines that say why."""

import pytest

from workers.faults import OurFault, Unavailable, UserFault
from workers.tools import helm_words
from workers.tools.helmfile import Helmfile
from workers.tools.process import ToolFailed

NOT_READY = """\
Building dependency release=orders-feature1, chart=/src/helm
Upgrading release=orders-feature1, chart=/src/helm, namespace=devstack-shop

FAILED RELEASES:
NAME              NAMESPACE       CHART   VERSION   DURATION
orders-feature1   devstack-shop   ./helm            3s

in ./helmfile.yaml.gotmpl: failed processing release orders-feature1: command "/usr/local/bin/helm" exited with \
non-zero status:

PATH:
  /usr/local/bin/helm

ARGS:
  0: helm (4 bytes)
  1: upgrade (7 bytes)

ERROR:
  exit status 1

EXIT STATUS
  1

STDERR:
  Release "orders-feature1" does not exist. Installing it now.
  Error: context deadline exceeded

COMBINED OUTPUT:
  Release "orders-feature1" does not exist. Installing it now.
  Error: context deadline exceeded"""


def fault(words: str) -> Exception:
    return helm_words.explained(ToolFailed("helmfile", 1, words), 30)


def test_what_is_not_ready_in_time_names_the_time_and_the_release() -> None:
    found = fault(NOT_READY)
    assert isinstance(found, UserFault)
    assert found.title == "Deployment not ready in time"
    assert "After 30 s" in found.explanation
    assert "orders-feature1   devstack-shop" in found.log
    assert found.log.count("context deadline exceeded") == 1
    assert "ARGS" not in found.log
    assert "(4 bytes)" not in found.log


def test_a_hook_that_does_not_finish_is_named() -> None:
    found = fault("Error: failed pre-install: 1 error occurred:\n* timed out waiting for the condition")
    assert isinstance(found, UserFault)
    assert "a pre-install hook did not finish" in found.explanation


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('Error: Kubernetes cluster unreachable: Get "https://x": dial tcp: connect: connection refused', Unavailable),
        ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", Unavailable),
        ("Error: etcdserver: request timed out", Unavailable),
        ("signal: killed", Unavailable),
        ('Error: secrets is forbidden: User "x" cannot list resource "secrets"', OurFault),
        ("Error: values don't meet the specifications of the schema(s) in the following chart(s)", UserFault),
        ("Error: Chart.yaml file is missing", UserFault),
    ],
)
def test_faults_are_told_apart(words: str, kind: type[Exception]) -> None:
    assert type(fault(words)) is kind


def test_the_options_of_a_sync() -> None:
    labels = {"devstack.dev/stack": "s", "devstack.dev/label": "feature1"}
    assert Helmfile.options(30.4, True, labels, True) == [
        "--wait",
        "--timeout=30",
        "--skip-deps",
        "--sync-args=--cleanup-on-fail --labels=devstack.dev/label=feature1,devstack.dev/stack=s",
    ]
    assert Helmfile.options(30, False, {}, False) == ["--wait", "--timeout=30"]
