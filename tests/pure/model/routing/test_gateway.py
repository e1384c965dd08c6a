"""The routes as HTTPRoutes: the same promises, held by the Gateway API's own order instead of priorities."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from model import names
from model.routing.gateway import derive
from model.routing.preview import Preview
from model.routing.routes import Backend, Place, RefusedRoutesError
from tests.pure.model.routing.gateway_proxy import Chosen, by_reference, by_traefik
from tests.pure.model.routing.proxy import Request

HEADER = "uber-ctx-key"
PARENT = {"name": "public", "namespace": "infra", "sectionName": "web"}
MARKS = {
    "devstack.dev/stack": "acme-feature1",
    "devstack.dev/label": "feature1",
    "app.kubernetes.io/managed-by": "devstack",
}


def http_route(name: str, *rules: dict[str, Any], hosts: Sequence[str] = ("example.com",)) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"parentRefs": [PARENT], **({"hostnames": list(hosts)} if hosts else {}), "rules": list(rules)},
    }


def rule(service: str, *matches: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        **({"matches": list(matches)} if matches else {}),
        "backendRefs": [{"name": service, "port": 80}],
        **more,
    }


def prefix(path: str, **more: Any) -> dict[str, Any]:
    return {"path": {"type": "PathPrefix", "value": path}, **more}


def backend(service: str, *hosts: str, label: str = "feature1", base: tuple[Place, ...] = ()) -> Backend:
    return Backend(service, hosts or ("example.com",), f"{service}-{label}", f"stack-{label}", 8080, base)


def derived(
    base: Sequence[dict[str, Any]], *backends: Backend, label: str = "feature1", **more: Any
) -> list[dict[str, Any]]:
    chosen = {"stack": f"acme-{label}", "header": HEADER, "namespace": f"stack-{label}", **more}
    return derive(base, label=label, services=backends, **chosen)


def asked(manifests: Sequence[dict[str, Any]], request: Request) -> str:
    """Where a request goes, by the reference and by Traefik alike."""
    routes = [each for each in manifests if each["kind"] == "HTTPRoute"]
    chosen = by_reference(routes, request)
    assert chosen is not None
    by_count = by_traefik(routes, request)
    assert by_count == [chosen]
    owner, found = chosen
    (entry,) = found["backendRefs"]
    return f"{entry.get('namespace', owner['metadata']['namespace'])}/{entry['name']}"


SHOP = http_route("storefront", rule("storefront"))
API = http_route("api", rule("api", prefix("/api")))


@pytest.mark.parametrize(
    "headers",
    [
        {HEADER: "feature1"},
        {"Uber-Ctx-Key": ["other", "feature1"]},
        {"baggage": f"a=b, {HEADER} = feature1;p=q ,c=d"},
        {"Baggage": ["a=b", f"{HEADER}=%66eature1"]},
        {HEADER: "unknown", "baggage": f"{HEADER}=feature1"},
    ],
)
def test_a_request_with_the_context_goes_to_the_feature(headers: dict[str, Any]) -> None:
    cluster = [SHOP, API, *derived([SHOP, API], backend("storefront"))]
    assert asked(cluster, Request("example.com", "/x", headers=headers)) == "stack-feature1/storefront-feature1"
    assert asked(cluster, Request("example.com", "/api/x", headers=headers)) == "shop/api"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: "feature10"},
        {HEADER: "unknown"},
        {"baggage": f"x-{HEADER}=feature1,{HEADER}=feature10,a=b;{HEADER}=feature1"},
    ],
)
def test_other_requests_stay_with_the_base(headers: dict[str, Any]) -> None:
    cluster = [SHOP, API, *derived([SHOP, API], backend("storefront"))]
    assert asked(cluster, Request("example.com", headers=headers)) == "shop/storefront"


def test_a_preview_host_is_the_whole_application() -> None:
    cluster = [SHOP, API, *derived([SHOP, API], backend("api"))]
    assert asked(cluster, Request("feature1.example.com")) == "shop/storefront"
    assert asked(cluster, Request("feature1.example.com", "/api/v1")) == "stack-feature1/api-feature1"


def test_the_manifests_in_full() -> None:
    grant, header, preview = derived([SHOP], backend("storefront"), revision="abc")
    assert grant == {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {
            "name": "acme-feature1-routes",
            "namespace": "stack-feature1",
            "labels": {**MARKS, "devstack.dev/side": "both"},
        },
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
            "to": [{"group": "", "kind": "Service"}],
        },
    }
    entry = {"name": "storefront-feature1", "namespace": "stack-feature1", "port": 8080}
    marks = {
        "type": "ResponseHeaderModifier",
        "responseHeaderModifier": {"set": [{"name": "x-devstack-stack", "value": "acme-feature1@abc"}]},
    }
    assert header["metadata"]["namespace"] == "shop"
    assert header["metadata"]["labels"] == {**MARKS, "devstack.dev/side": "header"}
    assert header["spec"]["parentRefs"] == [PARENT]
    assert header["spec"]["hostnames"] == ["example.com"]
    (issued,) = header["spec"]["rules"]
    plain, member = issued["matches"]
    assert plain == prefix("/", headers=[{"type": "Exact", "name": HEADER, "value": "feature1"}])
    assert [(each["type"], each["name"]) for each in member["headers"]] == [("RegularExpression", "baggage")]
    assert issued["filters"] == [marks]
    assert issued["backendRefs"] == [entry]
    context = [{"name": HEADER, "value": "feature1"}, {"name": "baggage", "value": f"{HEADER}=feature1"}]
    assert preview["spec"] == {
        "parentRefs": [PARENT],
        "hostnames": ["feature1.example.com"],
        "rules": [
            {
                "matches": [prefix("/")],
                "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": context}}, marks],
                "backendRefs": [entry],
            }
        ],
    }


def test_what_else_a_rule_says_stays_and_its_modifiers_are_added_to() -> None:
    rewrite = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}}
    modifier = {"set": [{"name": "X-A", "value": "1"}, {"name": "Baggage", "value": "x"}], "remove": [HEADER, "x-b"]}
    own = {"type": "RequestHeaderModifier", "requestHeaderModifier": modifier}
    extension = {"type": "ExtensionRef", "extensionRef": {"group": "traefik.io", "kind": "Middleware", "name": "auth"}}
    shop = http_route(
        "storefront",
        rule("storefront", prefix("/a"), filters=[rewrite, own, extension], timeouts={"request": "5s"}, name="front"),
    )
    _, header, preview = derived([shop], backend("storefront"))
    for made, called in ((header, ["front", None]), (preview, ["front"])):
        assert [each.get("name") for each in made["spec"]["rules"]] == called
        # More than one match, and the API server takes no filter that replaces a prefix.
        assert [len(each["matches"]) for each in made["spec"]["rules"]] == [1] * len(called)
    for issued in (*header["spec"]["rules"], *preview["spec"]["rules"]):
        assert issued["timeouts"] == {"request": "5s"}
        assert [each for each in issued["filters"] if each["type"] in ("URLRewrite", "ExtensionRef")] == [
            rewrite,
            extension,
        ]
    (found,) = [each for each in preview["spec"]["rules"][0]["filters"] if each["type"] == "RequestHeaderModifier"]
    assert found["requestHeaderModifier"] == {
        "set": [
            {"name": "X-A", "value": "1"},
            {"name": HEADER, "value": "feature1"},
            {"name": "baggage", "value": f"{HEADER}=feature1"},
        ],
        "remove": ["x-b"],
    }


def test_a_rule_that_replaces_its_prefix_has_one_match_and_only_one_rule_the_name() -> None:
    rewrite = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}}
    shop = http_route("storefront", rule("storefront", prefix("/a"), filters=[rewrite], name="front"), rule("storefront"))
    _, header, preview = derived([shop], backend("storefront"))
    issued = header["spec"]["rules"]
    assert [len(each["matches"]) for each in issued] == [1, 1, 2]
    assert [each.get("name") for each in issued] == ["front", None, None]
    assert all(rewrite in each["filters"] for each in issued[:2])
    assert len(preview["spec"]["rules"]) == 2
    cluster = [shop, header, preview]
    for headers in ({HEADER: "feature1"}, {"baggage": f"{HEADER}=feature1"}):
        assert asked(cluster, Request("example.com", "/a", headers=headers)) == "stack-feature1/storefront-feature1"
    many = [rule("storefront", prefix(f"/{number}"), filters=[rewrite]) for number in range(9)]
    with pytest.raises(RefusedRoutesError, match="more than 16 rules"):
        derived([http_route("storefront", *many)], backend("storefront"))


def test_of_a_split_only_the_services_own_part_moves() -> None:
    shop = http_route("storefront", rule("storefront"))
    shop["spec"]["rules"][0]["backendRefs"] = [
        {"name": "storefront", "port": 80, "weight": 9},
        {"name": "canary", "port": 80, "weight": 1},
        {"name": "storefront", "group": "example.org", "kind": "Bucket"},
    ]
    _, header, _ = derived([shop], backend("storefront"))
    (issued,) = header["spec"]["rules"]
    assert [each["name"] for each in issued["backendRefs"]] == ["storefront-feature1", "canary", "storefront"]
    assert issued["backendRefs"][0]["weight"] == 9
    assert "filters" not in issued  # the canary's answers are not the stack's


def test_a_redirect_has_no_backend_and_stays_one() -> None:
    secure = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}
    shop = http_route("storefront", {"matches": [prefix("/old")], "filters": [secure]}, rule("storefront"))
    _, header, _ = derived([shop], backend("storefront"))
    assert header["spec"]["rules"][0]["filters"] == [secure]


def test_a_host_that_the_base_does_not_route_is_served_at_the_gateway_of_the_settings() -> None:
    header, preview = derived([], backend("storefront"), parents=[PARENT])
    assert {each["metadata"]["namespace"] for each in (header, preview)} == {"stack-feature1"}
    assert header["spec"]["parentRefs"] == preview["spec"]["parentRefs"] == [PARENT]
    assert asked([header, preview], Request("feature1.example.com")) == "stack-feature1/storefront-feature1"


def test_preview_hosts_may_have_a_gateway_of_their_own() -> None:
    _, header, preview = derived([SHOP], backend("storefront"), parents=[{"name": "previews", "namespace": "infra"}])
    assert header["spec"]["parentRefs"] == [PARENT]
    assert preview["spec"]["parentRefs"] == [{"name": "previews", "namespace": "infra"}]


def test_what_answers_for_all_other_hosts_is_no_hindrance() -> None:
    fallback = http_route("fallback", rule("not-found"), hosts=())
    wild = http_route("wild", rule("wild"), hosts=("*.example.com",))
    base = [SHOP, fallback, wild]
    cluster = [*base, *derived(base, backend("storefront"))]
    for host, headers in (("example.com", {HEADER: "feature1"}), ("feature1.example.com", {})):
        assert asked(cluster, Request(host, "/x", headers=headers)) == "stack-feature1/storefront-feature1"
    assert asked(cluster, Request("feature2.example.com")) == "shop/wild"


def test_routes_at_another_gateway_are_another_matter() -> None:
    internal = http_route("internal", rule("console"))
    internal["spec"]["parentRefs"] = [{"name": "internal", "namespace": "infra"}]
    made = derived([SHOP, internal], backend("storefront"))
    found = {each["metadata"]["name"].rsplit("-", 2)[0]: each["spec"] for each in made if each["kind"] == "HTTPRoute"}
    assert found["acme-feature1-internal"]["parentRefs"] == internal["spec"]["parentRefs"]
    assert found["acme-feature1-internal"]["rules"][0]["backendRefs"][0]["name"] == "console"
    assert found["acme-feature1-storefront"]["rules"][0]["backendRefs"][0]["name"] == "storefront-feature1"


LISTED = {"path": {"type": "PathPrefix", "value": "/"}, "headers": [{"name": "Baggage", "value": "x"}]}
MANY = [prefix(f"/{number}") for number in range(33)]


@pytest.mark.parametrize(
    ("base", "kind", "object_"),
    [
        ([SHOP, http_route("a", rule("x"), hosts=("feature1.example.com",))], "taken", "HTTPRoute"),
        ([SHOP, http_route("a", rule("x", prefix("/x")), hosts=("*.example.com",))], "priority", "HTTPRoute"),
        ([SHOP, http_route("a", rule("x", prefix("/x")), hosts=())], "layered", "HTTPRoute"),
        ([http_route("a", rule("storefront")), http_route("b", rule("x"))], "ambiguous", "HTTPRoute"),
        ([http_route("a", rule("other"))], "served-by-other", "HTTPRoute"),
        ([http_route("a", rule("storefront", LISTED))], "inexpressible", "HTTPRoute"),
        ([http_route("a", rule("storefront", *MANY))], "inexpressible", "HTTPRoute"),
        ([{**http_route("a", rule("storefront")), "kind": "GRPCRoute"}], "not-http", "GRPCRoute"),
    ],
)
def test_what_cannot_be_done_safely_is_refused(base: list[dict[str, Any]], kind: str, object_: str) -> None:
    with pytest.raises(RefusedRoutesError) as refused:
        derived(base, backend("storefront"))
    (refusal,) = refused.value.refusals
    assert (refusal.kind, refusal.route, refusal.object) == (kind, "shop/a", object_)


def test_a_base_without_a_route_is_said() -> None:
    with pytest.raises(RefusedRoutesError, match="No HTTPRoute of the base leads to `storefront`"):
        derived([], backend("storefront"))


def test_guards_that_cannot_be_said_are_not_left_out() -> None:
    with pytest.raises(RefusedRoutesError, match="cannot be said in an HTTPRoute"):
        derived([SHOP], backend("storefront"), preview=Preview(middlewares=("infra/login",)))
    made = derived([SHOP], backend("storefront"), preview=Preview(domains=("preview.example.org",)))
    assert made[-1]["spec"]["hostnames"][0].endswith(".preview.example.org")


def test_a_port_by_name_cannot_be_said() -> None:
    named = Backend("storefront", ("example.com",), "s", "n", "http")
    with pytest.raises(RefusedRoutesError, match="must be a number"):
        derived([SHOP], named)


@pytest.mark.parametrize(("label", "header"), [("A", HEADER), ("feature1", "baggage"), ("feature1", "a b")])
def test_names_are_checked(label: str, header: str) -> None:
    with pytest.raises(names.InvalidNameError):
        derived([SHOP], backend("storefront"), label=label, header=header)


def leads(chosen: Sequence[Chosen]) -> set[str]:
    """The names of the Services that the rules lead to."""
    return {entry["name"] for _, found in chosen for entry in found["backendRefs"]}


HOSTS = ("example.com", "example2.com")
SERVICES = ("storefront", "api", "orders")
base_matches = st.builds(
    lambda path, kind, method, headers: {
        "path": {"type": "PathPrefix" if path == "/" else kind, "value": path},
        **({"method": method} if method else {}),
        **({"headers": [{"name": name, "value": "1"} for name in headers]} if headers else {}),
    },
    st.sampled_from(["/", "/api", "/api/v1", "/a"]),
    st.sampled_from(["PathPrefix", "Exact"]),
    st.sampled_from(["", "", "POST"]),
    st.sampled_from([(), (), ("x-a",), ("x-b",), ("x-a", "x-b")]),
)
base_rules = st.lists(
    st.tuples(st.sampled_from(SERVICES), st.lists(base_matches, max_size=2)), min_size=1, max_size=3
).map(lambda each: [rule(service, *matches) for service, matches in each])
bases = st.lists(st.tuples(st.lists(st.sampled_from(HOSTS), unique=True, max_size=2), base_rules), max_size=3).map(
    lambda all_: [http_route(f"r{index}", *rules, hosts=hosts) for index, (hosts, rules) in enumerate(all_)]
)
requests = st.builds(
    Request,
    st.sampled_from(HOSTS),
    st.sampled_from(["/", "/api", "/api/v1/x", "/ab"]),
    st.sampled_from(["GET", "POST"]),
    st.dictionaries(st.sampled_from(["x-a", "x-b"]), st.just("1")),
)


@given(bases, st.sampled_from(SERVICES), requests, st.sampled_from(["preview", HEADER, "baggage"]))
def test_a_request_goes_where_the_base_would_have_sent_it(
    base: list[dict[str, Any]], service: str, sent: Request, way: str
) -> None:
    try:
        made = derived(base, backend(service, sent.host), parents=[PARENT])
    except RefusedRoutesError as refused:
        event(refused.refusals[0].kind)
        assume(False)
    before = copy.deepcopy(base)
    expected = by_reference(base, sent)
    value = f"x=y,{HEADER}=feature1" if way == "baggage" else "feature1"
    preview = way == "preview"
    asking = Request(
        f"feature1.{sent.host}" if preview else sent.host,
        sent.path,
        sent.method,
        sent.headers if preview else {**sent.headers, way: value},
    )
    cluster = [*base, *made]
    routes = [each for each in cluster if each["kind"] == "HTTPRoute"]
    got = by_reference(routes, asking)
    assert base == before
    if expected is None:
        assert got is None or got[1]["backendRefs"][0]["name"] == f"{service}-feature1"
        return
    assert got is not None
    (wanted,) = expected[1]["backendRefs"]
    (entry,) = got[1]["backendRefs"]
    assert entry["name"] == (f"{service}-feature1" if wanted["name"] == service else wanted["name"])
    event("feature" if wanted["name"] == service else "base")
    if leads(by_traefik(base, sent)) == {wanted["name"]}:
        assert leads(by_traefik(routes, asking)) == {entry["name"]}
    assert by_reference(routes, sent) == expected
