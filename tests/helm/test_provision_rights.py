"""What the hooks' account may do: the least that they need, and never more than the bot may hand out."""

from typing import Any

import pytest

from model import names
from tests.helm.conftest import Rendered, Tools
from tests.helm.resources import EVERYTHING
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

RELEASE = "orders-feature1"
HERE = "devstack-acme-orders-7"
VALUES: dict[str, Any] = {
    "devstack_label": "feature1",
    "service": "orders",
    "stack": "acme-orders-7",
    "images": {"orders": {"ref": "registry.example.com/orders@sha256:1"}},
    "provision": {"image": "devstack/hooks:1"},
}
CREATE = ("", ("secrets", "configmaps"), (), ("create",))
OWN = [
    ("", ("secrets",), (names.resources_secret(RELEASE), names.errands_secret(RELEASE)), ("get", "patch", "delete")),
    ("", ("configmaps",), (names.resources_ledger(RELEASE),), ("get", "patch", "delete")),
    CREATE,
    ("apps", ("deployments", "statefulsets", "daemonsets"), (), ("list", "patch")),
]
NO_ERRANDS = [("", ("pods",), (), ("list",))]
ERRANDS = [("", ("pods",), (), ("get", "list", "create", "delete")), ("", ("pods/log",), (), ("get",))]

Rule = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def rendered_with(tools: Tools, resources: list[dict[str, Any]]) -> Rendered:
    rendered = tools.template("service", {**VALUES, "resources": resources}, release=RELEASE, more=["--namespace", HERE])
    assert errors(rendered) == []
    return rendered


def rules(role: dict[str, Any]) -> list[Rule]:
    return [
        (group, tuple(each["resources"]), tuple(each.get("resourceNames", ())), tuple(each["verbs"]))
        for each in role["rules"]
        for group in each["apiGroups"]
    ]


def roles(rendered: Rendered, event: str) -> dict[str, list[Rule]]:
    """The rules of an event's hooks, by namespace."""
    return {
        each["metadata"]["namespace"]: rules(each)
        for each in rendered
        if each["kind"] == "Role" and event in each["metadata"]["annotations"]["helm.sh/hook"].split(",")
    }


def from_base(kind: str, namespace: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "from": {"namespace": namespace, "name": name}, "keys": [f"{name}_{kind}".upper()]}


def test_a_queue_needs_no_more_than_the_record_and_the_secret(tools: Tools) -> None:
    rendered = rendered_with(tools, [{"kind": "sqs", "name": "orders"}])
    for event in ("pre-install", "pre-upgrade", "post-delete"):
        assert roles(rendered, event) == {HERE: OWN + NO_ERRANDS}


@pytest.mark.parametrize(
    "resource",
    [
        {"kind": "job", "name": "index"},
        {"kind": "postgres", "database": "a", "env": "A", "migrate": {"command": ["./migrate"]}},
        {"kind": "mysql", "database": "a", "env": "A", "seed": {"command": ["./seed"]}},
    ],
    ids=["job", "migrate", "seed"],
)
def test_only_what_runs_a_command_may_run_pods(tools: Tools, resource: dict[str, Any]) -> None:
    assert roles(rendered_with(tools, [resource]), "pre-install") == {HERE: OWN + ERRANDS}


def test_a_seed_without_a_command_runs_no_pods(tools: Tools) -> None:
    database = {"kind": "postgres", "database": "a", "env": "A", "seed": {"file": "db/seed.sql"}}
    assert roles(rendered_with(tools, [database]), "pre-install") == {HERE: OWN + NO_ERRANDS}


def test_what_is_copied_is_read_by_name_alone_where_it_is(tools: Tools) -> None:
    rendered = rendered_with(
        tools,
        [
            from_base("secret", "shop", "orders"),
            from_base("secret", "shop", "mail"),
            from_base("configmap", "shop", "orders"),
            from_base("secret", "payments", "keys"),
            from_base("secret", HERE, "beside"),
        ],
    )
    assert roles(rendered, "pre-install") == {
        HERE: [*OWN, *NO_ERRANDS, ("", ("secrets",), ("beside",), ("get",))],
        "shop": [("", ("configmaps",), ("orders",), ("get",)), ("", ("secrets",), ("orders", "mail"), ("get",))],
        "payments": [("", ("secrets",), ("keys",), ("get",))],
    }


def test_the_base_is_not_read_at_the_teardown_and_nothing_stays_there(tools: Tools) -> None:
    rendered = rendered_with(tools, [from_base("secret", "shop", "orders")])
    assert roles(rendered, "post-delete")["shop"] == []
    last = [
        int(each["metadata"]["annotations"]["helm.sh/hook-weight"])
        for each in rendered
        if each["metadata"].get("namespace") == "shop"
        and each["metadata"]["annotations"]["helm.sh/hook"] == "post-delete"
    ]
    assert len(last) == 2
    assert min(last) > 0  # after the removal: a base namespace that is gone must not keep it from being done


def test_two_stacks_with_one_release_name_do_not_share_a_role_in_the_base(tools: Tools) -> None:
    found = {
        each["metadata"]["name"]
        for namespace in ("stack-1", "stack-2")
        for each in tools.template(
            "service",
            {**VALUES, "resources": [from_base("secret", "shop", "orders")]},
            release=RELEASE,
            more=["--namespace", namespace],
        )
        if each["kind"] == "Role" and each["metadata"]["namespace"] == "shop"
    }
    assert found == {f"{RELEASE}-provision-stack-1", f"{RELEASE}-provision-stack-2"}


def test_every_role_is_bound_to_the_hooks_account_and_to_nobody_else(tools: Tools) -> None:
    rendered = rendered_with(tools, EVERYTHING)
    made = {
        (each["metadata"]["namespace"], each["metadata"]["name"], each["metadata"]["annotations"]["helm.sh/hook"])
        for each in rendered
        if each["kind"] == "Role"
    }
    bindings = [each for each in rendered if each["kind"] == "RoleBinding"]
    for each in bindings:
        assert each["subjects"] == [{"kind": "ServiceAccount", "name": names.provision(RELEASE), "namespace": HERE}]
        key = (each["metadata"]["namespace"], each["roleRef"]["name"], each["metadata"]["annotations"]["helm.sh/hook"])
        assert key in made
    assert len(bindings) == len(made)


def test_nothing_is_granted_that_reads_by_kind_or_by_wildcard(tools: Tools) -> None:
    for each in rendered_with(tools, EVERYTHING):
        assert each["kind"] not in {"ClusterRole", "ClusterRoleBinding"}
        for _, resources, resource_names, verbs in rules(each) if each["kind"] == "Role" else ():
            assert "*" not in (*resources, *verbs)
            if {"secrets", "configmaps"} & set(resources) and verbs != ("create",):
                assert resource_names
                assert not {"list", "watch", "deletecollection"} & set(verbs)


@pytest.mark.parametrize("namespaces", [[], [HERE, "shop"]], ids=["everywhere", "named namespaces"])
def test_the_bot_can_hand_out_what_the_hooks_need(tools: Tools, namespaces: list[str]) -> None:
    """Kubernetes lets nobody make a Role with a right that he has not himself in that namespace."""
    bot = tools.template(
        "bot",
        {
            "settings": {"registry": "r.example.com", "preview_base_url": "https://example.com"},
            "secrets": {"existingSecret": "devstack"},
            "provision": {"image": "devstack/hooks:1"},
            "rbac": {"namespaces": namespaces},
        },
    )
    (stacks,) = [each for each in bot if each["kind"] == "ClusterRole" and each["metadata"]["name"].endswith("-stacks")]
    held = {
        (group, resource, verb)
        for rule in stacks["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    bound = {each["metadata"].get("namespace") for each in bot if each["kind"].endswith("Binding")
             and each["roleRef"]["name"] == stacks["metadata"]["name"]}  # fmt: skip
    for event in ("pre-install", "post-delete"):
        for namespace, granted in roles(rendered_with(tools, EVERYTHING), event).items():
            assert bound == {None} or namespace in bound
            wanted = {(group, resource, verb) for group, resources, _, verbs in granted
                      for resource in resources for verb in verbs}  # fmt: skip
            assert wanted <= held
    assert ("rbac.authorization.k8s.io", "roles", "create") in held
