"""The kind `job`, and the Pods in which commands run."""

import threading
from pathlib import Path
from typing import Any

import pytest

from hooks import pods
from hooks.contract import Problem, Scope
from tests.pure.hooks.cluster import Died
from tests.pure.hooks.stage import NAMESPACE, Stage, thing

JOB: dict[str, Any] = {"kind": "job", "name": "seed", "command": ["./seed"], "args": ["--all"]}
POD = "orders-feature1-run-job-seed"
VALUES = "orders-feature1-run"


def environment(stage: Stage, pod: dict[str, Any]) -> dict[str, str]:
    """What comes to the Pod by reference."""
    values = stage.cluster.values(NAMESPACE, VALUES) or {}
    variables = pod["spec"]["containers"][0]["env"]
    references = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in variables if "valueFrom" in each}
    assert {each["name"] for each in references.values()} <= {VALUES}
    return {name: values[reference["key"]] for name, reference in references.items()}


def leftovers(stage: Stage) -> list[tuple[str, str, str]]:
    return [where for where in stage.cluster.objects if where[2] in {POD, VALUES}]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path).install(monkeypatch)


def test_it_runs_after_all_else_with_their_values_and_leaves_no_trace(stage: Stage) -> None:
    given: dict[str, str] = {}
    stage.cluster.ends = lambda pod: given.update(environment(stage, pod)) or (0, "done")
    ended = stage.ensure(JOB, thing("orders", "URL"), imagePullSecrets=["pull"])
    assert ended.code == 0
    assert given == {"URL": "value-of-orders-feature1"}
    [pod] = stage.cluster.pods
    container = pod["spec"]["containers"][0]
    assert (container["image"], container["command"], container["args"]) == (
        "registry/orders@sha256:1", ["./seed"], ["--all"],
    )  # fmt: skip
    assert {each["name"]: each["value"] for each in container["env"] if "value" in each} == {
        "DEVSTACK_STACK": "acme-shop-1a2b3-7", "DEVSTACK_LABEL": "feature1", "DEVSTACK_SERVICE": "orders",
    }  # fmt: skip
    assert (pod["spec"]["restartPolicy"], pod["spec"]["imagePullSecrets"]) == ("Never", [{"name": "pull"}])
    assert pod["spec"]["activeDeadlineSeconds"] == 240
    assert pod["metadata"]["labels"]["devstack.dev/hook"] == "orders-feature1"
    assert pod["metadata"]["ownerReferences"][0]["name"] == "orders-feature1-ledger"
    assert leftovers(stage) == []


def test_it_runs_again_when_its_spec_has_changed_or_always(stage: Stage) -> None:
    for spec, runs in (
        (JOB, 1),
        (JOB, 1),
        ({**JOB, "args": []}, 2),
        ({**JOB, "always": True}, 3),
        ({**JOB, "always": True}, 4),
    ):
        assert stage.ensure(spec).code == 0
        assert len(stage.cluster.pods) == runs


def test_one_that_failed_runs_again(stage: Stage) -> None:
    stage.cluster.ends = lambda pod: (3, "first\nno table orders\n\n")
    ended = stage.ensure(JOB)
    assert (ended.code, ended.problems) == (1, ["job `seed`: it ended with code 3: no table orders"])
    assert ended.message["problems"][0]["log"] == "first\nno table orders"
    stage.cluster.ends = lambda pod: (0, "")
    assert stage.ensure(JOB).code == 0
    assert len(stage.cluster.pods) == 2


def test_it_gets_only_the_variables_that_it_names(stage: Stage) -> None:
    given: dict[str, str] = {}
    stage.cluster.ends = lambda pod: given.update(environment(stage, pod)) or (0, "")
    things = (thing("a", "A"), thing("b", "B"))
    stage.ensure(*things, {**JOB, "env": ["B"]})
    assert given == {"B": "value-of-b-feature1"}
    assert stage.ensure(*things, {**JOB, "env": ["C"]}).problems == [
        "no resource gives the variable `C` that it asks for"
    ]


def test_the_services_own_image_must_be_known(stage: Stage) -> None:
    ended = stage.ensure(JOB, thing("a"), image="")
    assert "`image: self` means the service's image" in ended.problems[0]
    assert stage.things.made == []


def test_the_teardown_runs_its_command_first_with_the_values(stage: Stage) -> None:
    seen: list[Any] = []
    spec = {**JOB, "remove": {"command": ["./clean"], "image": "cleaner:1"}}
    stage.ensure(spec, thing("a", "A"))

    def ends(pod: Any) -> tuple[int, str]:
        container = pod["spec"]["containers"][0]
        seen.append((container["image"], container["command"], environment(stage, pod), dict(stage.things.things)))
        return (1, "cannot clean") if len(seen) == 1 else (0, "")

    stage.cluster.ends = ends
    ended = stage.remove(spec, thing("a", "A"))
    assert (ended.code, ended.problems) == (1, ["the teardown of job `seed`: it ended with code 1: cannot clean"])
    assert seen[0][:3] == ("cleaner:1", ["./clean"], {"A": "value-of-a-feature1"})
    assert "a-feature1" in seen[0][3]
    assert stage.remove(spec, thing("a", "A")).code == 0
    assert stage.cluster.objects == {}


def test_the_teardown_uses_the_image_that_was_deployed_and_is_skipped_without_a_namespace(stage: Stage) -> None:
    spec = {**JOB, "remove": {"command": ["./clean"]}}
    stage.ensure(spec)
    receipts = list(stage.receipts.values())
    assert receipts[0].facts["image"] == "registry/orders@sha256:1"
    stage.cluster.objects.clear()
    stage.cluster.gone.add(NAMESPACE)
    ended = stage.run("remove", given=receipts, image="")
    assert (ended.code, ended.states) == (0, {"seed-feature1": "absent"})


@pytest.mark.parametrize("after", [False, True])
def test_what_a_killed_run_left_is_ended_before_it_runs_again(stage: Stage, *, after: bool) -> None:
    for point in range(1, 20):
        stage.cluster.die_at, stage.cluster.after = stage.cluster.writes + point, after
        try:
            stage.ensure({**JOB, "always": True}, thing("a", "A"))
        except Died:
            stage.cluster.die_at = 0
        else:
            assert point > 8
            break
        assert stage.ensure({**JOB, "always": True}, thing("a", "A")).code == 0
        assert leftovers(stage) == []


def waits(reason: str, message: str) -> dict[str, Any]:
    waiting = {"reason": reason, "message": message}
    return {"phase": "Pending", "containerStatuses": [{"state": {"waiting": waiting}}]}


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (waits("ImagePullBackOff", "no such"), "job `seed`: its Pod does not start (ImagePullBackOff): no such"),
        ({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "too many pods"}]},
         "job `seed`: its Pod found no place: too many pods"),
        ({"phase": "Pending"}, "job `seed`: its Pod did not start in time"),
        ({"phase": "Running"}, "job `seed`: it did not end in the time that it had"),
        ({"phase": "Failed", "reason": "DeadlineExceeded"}, "job `seed`: it did not end in the time that it had"),
        ({"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]},
         "job `seed`: it took more memory than it may have"),
        ({"phase": "Failed"}, "job `seed`: it ended"),
    ],
)  # fmt: skip
def test_why_a_pod_came_to_nothing_is_told(stage: Stage, status: dict[str, Any], problem: str) -> None:
    stage.cluster.status = lambda pod: status
    ended = stage.ensure({**JOB, "timeout": 30})
    assert (ended.code, ended.problems) == (1, [problem])
    assert stage.now <= 31
    assert leftovers(stage) == []


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
        ("CreateContainerConfigError", 'secret "orders-errands" not found'),
        ("ErrImagePull", "i/o timeout"),
    ],
)
def test_what_the_kubelet_tries_again_is_waited_for(stage: Stage, reason: str, message: str) -> None:
    began = stage.now
    stage.cluster.status = lambda pod: waits(reason, message) if stage.now < began + 20 else {"phase": "Succeeded"}
    assert stage.ensure({**JOB, "timeout": 120}).code == 0
    assert began + 20 <= stage.now <= began + 21


def test_but_not_for_longer_than_two_tries(stage: Stage) -> None:
    began = stage.now
    stage.cluster.status = lambda pod: waits("CreateContainerConfigError", "no such key")
    ended = stage.ensure({**JOB, "timeout": 120})
    assert ended.problems == ["job `seed`: its Pod does not start (CreateContainerConfigError): no such key"]
    assert began + 30 <= stage.now <= began + 31


@pytest.mark.parametrize(
    ("reason", "message"),
    [("ErrImagePull", "registry/none:1: not found"), ("ImagePullBackOff", "401 Unauthorized"), ("InvalidImageName", "")],
)
def test_an_image_that_is_not_there_is_told_at_once(stage: Stage, reason: str, message: str) -> None:
    began = stage.now
    stage.cluster.status = lambda pod: waits(reason, message)
    assert f"its Pod does not start ({reason})" in stage.ensure({**JOB, "timeout": 120}).problems[0]
    assert stage.now <= began + 1


def test_a_pod_that_somebody_deletes_is_told_of(stage: Stage) -> None:
    stage.cluster.status = lambda pod: {"phase": "Running"}
    stage.cluster.on_write = lambda method, where: stage.cluster.objects.pop(where, None) if where[0] == "pods" else None
    assert stage.ensure(JOB).problems == ["job `seed`: its Pod was deleted by somebody"]


def test_a_run_that_is_told_to_stop_takes_its_pod_along(stage: Stage) -> None:
    stage.cluster.status = lambda pod: stage.world.stop.set() or {"phase": "Running"}
    ended = stage.ensure(JOB)
    assert ended.code == 1
    assert leftovers(stage) == []


def test_an_outcome_is_a_problem_with_its_last_line() -> None:
    outcome = pods.Outcome(False, "a\nb\n", 1, "it ended with code 1")
    problem = outcome.problem("migrations")
    assert isinstance(problem, Problem)
    assert (problem.sentence, problem.log) == ("migrations: it ended with code 1: b", "a\nb\n")


def test_two_commands_at_once_do_not_take_each_others_values(stage: Stage) -> None:
    stage.ensure(thing("a", "A"))
    gate, seen = threading.Barrier(2, timeout=5), dict[str, Any]()
    scope = Scope("acme-shop-1a2b3-7", "feature1", "orders", "orders-feature1", NAMESPACE)

    def run(name: str, value: str) -> None:
        pods.run(stage.world, scope, name, "image:1", ["x"], (), {"V": value})

    def status(pod: dict[str, Any]) -> dict[str, Any]:
        seen[pod["metadata"]["name"]] = environment(stage, pod)
        return {"phase": "Succeeded"}

    stage.cluster.status = status
    stage.world.deadline = stage.now + 60

    def both(name: str, value: str) -> None:
        gate.wait()
        run(name, value)

    threads = [threading.Thread(target=both, args=each) for each in (("one", "1"), ("two", "2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"orders-feature1-run-one": {"V": "1"}, "orders-feature1-run-two": {"V": "2"}}
    assert leftovers(stage) == []
