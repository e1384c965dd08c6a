"""What Traefik does with a base that is not in order, and what the model says of it: a refusal that names the object."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from model.routing.routes import Backend, Place, RefusedRoutesError, derive
from model.routing.rules import Syntax
from tests.cluster.routing import objects
from tests.cluster.routing.features import HEADER, ONE
from tests.cluster.routing.row import Row, ctx, preview
from tests.cluster.routing.shop import BASE, TEAM, metadata
from tests.cluster.routing.tried import NEWEST, OLDER, Ground, Tried, Version, started

pytestmark = pytest.mark.cluster

LONE, BROKEN = "lone.example.org", "broken.example.org"
RAW = "raw.example.org"  # only a route without HTTP has it


@pytest.fixture(scope="module", params=(NEWEST, OLDER), ids=str)
def strict(request: pytest.FixtureRequest, laid: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """A Traefik that follows no reference into another namespace, with two routes of a base."""
    version: Version = request.param
    if version.major == 2:
        request.getfixturevalue("old_group")
    base = [
        made(
            version,
            "lone",
            (f"Host(`{LONE}`)", "site"),
            (f"Host(`{LONE}`) && PathPrefix(`/orders`)", "orders"),
            laid=laid,
        ),
    ]
    with started(version.major, laid, tmp_path_factory.mktemp("strict")) as proxy:
        objects.lay(laid.playground, base)
        try:
            proxy.took(objects.rules(base))
            yield Tried(version, proxy, laid, base, base)
        finally:
            objects.take(laid.playground, base)


def made(version: Version, name: str, *rules: tuple[str, str], laid: Ground, **more: Any) -> dict[str, Any]:
    """An IngressRoute of the base."""
    routes = [
        {"match": match, "kind": "Rule", "services": [{"name": to, "port": laid.ports[f"{to}@base"]}], **more}
        for match, to in rules
    ]
    return {
        "apiVersion": f"{version.group}/v1alpha1",
        "kind": "IngressRoute",
        "metadata": metadata(name, BASE),
        "spec": {"entryPoints": ["web"], "routes": routes},
    }


def derived(
    tried: Tried,
    base: Sequence[dict[str, Any]],
    host: str,
    *,
    home: str = BASE,
    across: bool = False,
    syntax: Syntax | None = None,
) -> list[dict[str, Any]]:
    """The routes of a stack with the service `orders`, whose own copy is called after another backend of the base."""
    stand_in = Backend("orders", (host,), "hot", home, tried.ground.ports["hot@base"], (Place("orders"), Place("site")))
    return derive(
        base,
        stack="suite-strict",
        label="feature1",
        header=HEADER,
        namespace=home,
        services=[stand_in],
        api_group=tried.version.group,
        syntax=syntax or tried.version.syntax,
        cross_namespace=across,
    )


def test_beside_the_base_a_stack_needs_no_reference_across_namespaces(tried_routes: Tried) -> None:
    rows = [
        Row("header", "hot@base", "/orders", ctx("feature1"), host=LONE),
        Row("preview", "hot@base", "/orders", host=preview("feature1", LONE)),
        Row("neither", "orders@base", "/orders", host=LONE),
    ]
    assert [tried_routes.ask(row).target for row in rows] == [row.to for row in rows]


@pytest.fixture
def tried_routes(strict: Tried) -> Iterator[Tried]:
    """With a stack that is deployed into the base's namespace."""
    manifests = derived(strict, strict.base, LONE)
    objects.lay(strict.ground.playground, manifests)
    try:
        strict.proxy.took(objects.rules([*strict.base, *manifests]))
        yield strict
    finally:
        objects.take(strict.ground.playground, manifests)
        strict.proxy.took(objects.rules(strict.base))


def test_a_stack_in_a_namespace_of_its_own_is_refused_and_would_not_be_served(strict: Tried) -> None:
    with pytest.raises(RefusedRoutesError) as refused:
        derived(strict, strict.base, LONE, home=ONE.namespace)
    (refusal,) = refused.value.refusals
    assert refusal.kind == "cross-namespace"
    assert f"{ONE.namespace}/hot" in refusal.problem or f"{BASE}/site" in refusal.problem
    manifests = derived(strict, strict.base, LONE, home=ONE.namespace, across=True)
    objects.lay(strict.ground.playground, manifests)
    try:
        marker = made(strict.version, "marker", ("Host(`marker.example.org`)", "site"), laid=strict.ground)
        objects.lay(strict.ground.playground, [marker])
        strict.proxy.took(objects.rules([*strict.base, marker]))  # the stack's are not among them
    finally:
        objects.take(strict.ground.playground, [*manifests, marker])
        strict.proxy.took(objects.rules(strict.base))


def test_a_middleware_of_another_namespace_is_named(strict: Tried) -> None:
    guarded = made(
        strict.version, "guarded", ("Host(`guarded.example.org`)", "orders"), laid=strict.ground,
        middlewares=[{"name": "strip-reports", "namespace": TEAM}],
    )  # fmt: skip
    with pytest.raises(RefusedRoutesError, match=f"{TEAM}/strip-reports"):
        derived(strict, [*strict.base, guarded], "guarded.example.org")


def test_a_rule_that_cannot_be_read_stands_in_the_way_of_its_host_alone(strict: Tried) -> None:
    texts = (f"Host(`{BROKEN}`) && (PathPrefix(`/x`)", "PathPrefix(`/orders`")  # the second would be for any host
    broken = made(strict.version, "broken", *((text, "site") for text in texts), laid=strict.ground)
    objects.lay(strict.ground.playground, [broken])
    try:
        strict.proxy.until(lambda found: any(each["status"] != "enabled" for each in found))
        assert strict.ask(Row("", "404", host=BROKEN)).target == "404"
        assert strict.ask(Row("", "orders@base", "/orders", host=LONE)).target == "orders@base"
        with pytest.raises(RefusedRoutesError) as refused:
            derived(strict, [*strict.base, broken], BROKEN)
        (refusal,) = refused.value.refusals
        assert (refusal.kind, refusal.route) == ("unreadable", f"{BASE}/broken")
        assert derived(strict, [*strict.base, broken], LONE)
    finally:
        objects.take(strict.ground.playground, [broken])
        strict.proxy.took(objects.rules(strict.base))


def test_rules_in_the_other_versions_language_take_no_request(strict: Tried) -> None:
    """A wrong guess at the version is no danger to the base."""
    wrong: Syntax = "v2" if strict.version.syntax == "v3" else "v3"
    manifests = [
        each
        for each in derived(strict, strict.base, LONE, syntax=wrong)
        if not each["metadata"]["name"].endswith("preview")
    ]
    objects.lay(strict.ground.playground, manifests)
    try:
        strict.proxy.until(lambda found: len([each for each in found if each["status"] != "enabled"]) == 2)
        asked = [Row("", "orders@base", "/orders", ctx("feature1"), host=LONE), Row("", "site@base", host=LONE)]
        assert [strict.ask(row).target for row in asked] == [row.to for row in asked]
    finally:
        objects.take(strict.ground.playground, manifests)
        strict.proxy.took(objects.rules(strict.base))


@pytest.mark.parametrize("kind", ["IngressRouteTCP", "IngressRouteUDP"])
def test_a_route_without_http_is_named(strict: Tried, kind: str) -> None:
    rule = {"match": f"HostSNI(`{RAW}`)"} if kind == "IngressRouteTCP" else {}
    port = strict.ground.ports["orders@base"]
    route: dict[str, Any] = {
        "apiVersion": f"{strict.version.group}/v1alpha1",
        "kind": kind,
        "metadata": metadata("without-http", BASE),
        "spec": {"entryPoints": ["web"], "routes": [{**rule, "services": [{"name": "orders", "port": port}]}]},
    }
    objects.lay(strict.ground.playground, [route])
    try:
        (found,) = objects.listed(strict.ground.playground, kind, strict.version.group, BASE)
        backend = Backend("orders", (RAW,), "hot", BASE, strict.ground.ports["hot@base"], (Place("orders"),))
        with pytest.raises(RefusedRoutesError) as refused:
            derive(
                [found],
                stack="suite-strict", label="feature1", header=HEADER, namespace=BASE, services=[backend],
                api_group=strict.version.group, syntax=strict.version.syntax,
            )  # fmt: skip
        (refusal,) = refused.value.refusals
        assert (refusal.kind, refusal.route, refusal.object) == ("not-http", f"{BASE}/without-http", kind)
    finally:
        objects.take(strict.ground.playground, [route])
