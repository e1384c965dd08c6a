"""A base that shares requests out by TraefikServices: the stack's copy of them, with its own service in the base's place."""

from typing import Any

from model.routing.routes import Backend, derive

HOST = "Host(`shop.example.org`)"


def traefik_service(name: str, spec: dict[str, Any], namespace: str = "shop") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "traefik.io/v1alpha1", "kind": "TraefikService", "metadata": metadata, "spec": spec}


def route_to(name: str, **more: Any) -> dict[str, Any]:
    services = [{"name": name, "kind": "TraefikService", **more}]
    return {
        "kind": "IngressRoute",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {"entryPoints": ["web"], "routes": [{"match": HOST, "kind": "Rule", "services": services}]},
    }


def derived(*base: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    pay = Backend("pay", ("shop.example.org",), "pay-feature1", "stack-feature1", 8080)
    chosen = {"stack": "acme-feature1", "label": "feature1", "header": "uber-ctx-key", "namespace": "stack-feature1"}
    return derive(base, **{**chosen, "services": [pay], **more})


def split(made: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The copies of TraefikServices, and the services of all rules."""
    copies = [each for each in made if each["kind"] == "TraefikService"]
    rules = [route for each in made if each["kind"] == "IngressRoute" for route in each["spec"]["routes"]]
    return copies, rules


OWN = {"name": "pay-feature1", "namespace": "stack-feature1", "port": 8080}


def test_of_a_weighted_service_the_stacks_member_is_its_own() -> None:
    sticky = {"cookie": {"name": "lb", "secure": True}}
    members = [{"name": "pay", "port": 80, "weight": 9, "scheme": "h2c"}, {"name": "canary", "port": 80, "weight": 1}]
    shared = traefik_service("split", {"weighted": {"services": members, "sticky": sticky}})
    (copy,), rules = split(derived(route_to("split"), shared))
    assert copy["metadata"]["namespace"] == "stack-feature1"
    assert copy["metadata"]["labels"]["devstack.dev/stack"] == "acme-feature1"
    assert copy["spec"] == {
        "weighted": {
            "services": [
                {**OWN, "weight": 9, "scheme": "h2c"},
                {"name": "canary", "namespace": "shop", "port": 80, "weight": 1},
            ],
            "sticky": sticky,
        }
    }
    name = copy["metadata"]["name"]
    assert [each["services"] for each in rules] == [
        [{"name": name, "namespace": "stack-feature1", "kind": "TraefikService"}]
    ] * 2
    assert not any("acme-feature1-answer" in str(each) for each in rules)  # the canary's answers are not the stack's


def test_where_all_members_are_the_stacks_its_answers_are_marked() -> None:
    shared = traefik_service("split", {"weighted": {"services": [{"name": "pay", "port": 80}]}})
    _, rules = split(derived(route_to("split"), shared))
    assert all("acme-feature1-answer" in str(each["middlewares"]) for each in rules)


def test_nested_services_are_copied_down_to_the_stacks_own() -> None:
    inner = traefik_service("inner", {"weighted": {"services": [{"name": "pay", "port": 80}, {"name": "x", "port": 1}]}})
    other = traefik_service("other", {"weighted": {"services": [{"name": "y", "port": 80}]}}, namespace="ops")
    members = [
        {"name": "inner", "kind": "TraefikService", "weight": 3},
        {"name": "other", "namespace": "ops", "kind": "TraefikService"},
    ]
    outer = traefik_service("outer", {"weighted": {"services": members}})
    copies, rules = split(derived(route_to("outer"), outer, inner, other))
    by_name = {each["metadata"]["name"]: each["spec"]["weighted"]["services"] for each in copies}
    assert len(by_name) == 2
    first, second = by_name[rules[0]["services"][0]["name"]]
    assert first["namespace"] == "stack-feature1"
    assert first["weight"] == 3
    assert by_name[first["name"]][0] == OWN
    assert second == members[1]  # nothing of the stack is behind it


def test_a_mirror_of_the_stacks_service_is_the_stacks_copy() -> None:
    spec = {"mirroring": {"name": "main", "port": 80, "mirrors": [{"name": "pay", "port": 80, "percent": 10}]}}
    (copy,), rules = split(derived(route_to("m"), traefik_service("m", spec)))
    assert copy["spec"]["mirroring"] == {
        "name": "main",
        "namespace": "shop",
        "port": 80,
        "mirrors": [{**OWN, "percent": 10}],
    }
    assert "answer" not in str(rules)
    spec = {"mirroring": {"name": "pay", "port": 80, "mirrors": [{"name": "audit", "port": 80}]}}
    _, rules = split(derived(route_to("m"), traefik_service("m", spec)))
    assert all("answer" in str(each) for each in rules)  # what a mirror says nobody hears


def test_fail_over_and_highest_random_weight_are_followed_too() -> None:
    spec = {"failover": {"service": {"name": "pay", "port": 80}, "fallback": {"name": "pay", "port": 80}}}
    (copy,), rules = split(derived(route_to("f"), traefik_service("f", spec)))
    assert copy["spec"]["failover"] == {"service": OWN, "fallback": OWN}
    assert "answer" in str(rules)
    shared = traefik_service("h", {"highestRandomWeight": {"services": [{"name": "pay", "port": 80, "weight": 2}]}})
    (copy,), _ = split(derived(route_to("h"), shared))
    assert copy["spec"]["highestRandomWeight"]["services"] == [{**OWN, "weight": 2}]


def test_a_circle_ends() -> None:
    members = [{"name": "c", "kind": "TraefikService"}, {"name": "pay", "port": 80}]
    copies, _ = split(derived(route_to("c"), traefik_service("c", {"weighted": {"services": members}})))
    assert len({each["metadata"]["name"] for each in copies}) == len(copies) == 1


def test_the_bases_objects_are_not_written() -> None:
    shared = traefik_service("split", {"weighted": {"services": [{"name": "pay", "port": 80}]}})
    before = str(shared)
    assert all(each["metadata"]["name"] != "split" for each in derived(route_to("split"), shared))
    assert str(shared) == before


def test_what_another_provider_has_stays() -> None:
    base = {**route_to("split@file")}
    base["spec"]["routes"].append({"match": f"{HOST} && Path(`/x`)", "services": [{"name": "pay", "port": 80}]})
    copies, rules = split(derived(base))
    assert not copies
    assert {each["services"][0]["name"] for each in rules} == {"split@file", "pay-feature1"}
