"""For any base and any stack: every request goes where the base would have sent it, only to the feature's copy of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from model.routing import rules
from model.routing.context import condition
from model.routing.reissue import effective_priority
from model.routing.routes import Backend, RefusedRoutesError, derive
from tests.pure.model.routing.proxy import Request, holds, routes_of, winners

HEADER = "uber-ctx-key"
HOSTS = ("example.com", "example2.com", "www.example.com")
SERVICES = ("storefront", "api", "orders")
LABELS = st.sampled_from(["feature1", "feature10", "eature1", "feature1-x"])


@dataclass(frozen=True)
class BaseRule:
    """A base rule by its parts, so that the tests know what it means without reading it."""

    hosts: tuple[str, ...]  # any of them; none: every host
    path: str
    method: str
    priority: int
    service: str
    form: int

    def can_hold(self, host: str) -> bool:
        return not self.hosts or host in self.hosts

    def route(self) -> dict[str, Any]:
        hosts = " || ".join(f"Host(`{host}`)" for host in self.hosts)
        if self.form == 1 and self.hosts:
            pattern = "|".join(host.replace(".", r"\.") for host in self.hosts)
            hosts = f"HostRegexp(`^({pattern})$`)"
        if self.form == 2 and self.hosts:
            others = " || ".join(f"Host(`{host}`)" for host in HOSTS if host not in self.hosts)
            hosts = f"!({others})" if others else ""
        rest = [f"PathPrefix(`{self.path}`)", *([f"Method(`{self.method}`)"] if self.method else [])]
        match = " && ".join(
            [*([f"({hosts})" if "||" in hosts and not hosts.startswith("!") else hosts] if hosts else []), *rest]
        )
        priority = {"priority": self.priority} if self.priority else {}
        return {"match": match, **priority, "services": [{"name": self.service, "port": 80}]}


base_rules = st.lists(
    st.builds(
        BaseRule,
        hosts=st.lists(st.sampled_from(HOSTS), unique=True, max_size=2).map(tuple),
        path=st.sampled_from(["/", "/api", "/api/v1", "/a"]),
        method=st.sampled_from(["", "", "POST"]),
        priority=st.sampled_from([0, 0, 0, 1, 7, 100, 3_000_000_000]),
        service=st.sampled_from(SERVICES),
        form=st.integers(0, 2),
    ),
    max_size=6,
)
stacks = st.dictionaries(
    st.sampled_from(SERVICES),
    st.lists(st.sampled_from(HOSTS), unique=True, min_size=1).map(tuple),
    min_size=1,
    max_size=2,
)
requests = st.tuples(st.sampled_from(["/", "/api", "/api/v1/x", "/ab"]), st.sampled_from(["GET", "POST"]))


def manifest(index: int, rule: BaseRule) -> dict[str, Any]:
    metadata = {"name": f"r{index}", "namespace": "shop"}
    return {"kind": "IngressRoute", "metadata": metadata, "spec": {"routes": [rule.route()]}}


def derived(base: Sequence[BaseRule], stack: dict[str, tuple[str, ...]], label: str) -> list[dict[str, Any]]:
    backends = [Backend(name, hosts, f"{name}-{label}", f"stack-{label}", 80) for name, hosts in stack.items()]
    try:
        return derive(
            [manifest(*each) for each in enumerate(base)],
            stack=f"acme-{label}",
            label=label,
            header=HEADER,
            namespace=f"stack-{label}",
            services=backends,
        )
    except RefusedRoutesError as refused:
        assume(not {each.kind for each in refused.refusals} <= {"served-by-other", "priority", "ambiguous"})
        raise


def base_with_new_services(base: Sequence[BaseRule], stack: dict[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    """The base as it would be if a service that it lacks on a host stood there under ``Host(`host`)``."""
    plain = [
        {"match": f"Host(`{host}`)", "services": [{"name": service}]}
        for service, hosts in stack.items()
        for host in hosts
        if not any(rule.service == service and rule.can_hold(host) for rule in base)
    ]
    return [*(rule.route() for rule in base), *plain]


@given(base_rules, stacks, requests, st.sampled_from(HOSTS), LABELS, st.booleans())
def test_a_request_goes_where_the_base_would_have_sent_it(
    base: list[BaseRule], stack: dict[str, tuple[str, ...]], asked: tuple[str, str], host: str, label: str, preview: bool
) -> None:
    path, method = asked
    own_hosts = {each for hosts in stack.values() for each in hosts}
    assume(host in own_hosts)
    made = derived(base, stack, label)
    cluster = [*(rule.route() for rule in base), *routes_of(made)]
    expected = winners(base_with_new_services(base, stack), Request(host, path, method))
    assume(len(expected) < 2)  # the base's own choice would be arbitrary
    by_preview = Request(f"{label}.{host}", path, method)
    by_header = Request(host, path, method, {HEADER: label})
    got = winners(cluster, by_preview if preview else by_header)
    if not expected:
        assert not any("namespace" in route["services"][0] for route in got)  # at most the base's own
        return
    service = expected[0]["services"][0]["name"]
    event("feature" if service in stack else "base")
    wanted = f"{service}-{label}" if service in stack else service
    assert [route["services"][0]["name"] for route in got] == [wanted]
    added = [each["name"].removeprefix(f"acme-{label}-") for each in got[0].get("middlewares", ())]
    assert added == [*(["context"] if preview else []), *(["answer"] if service in stack else [])]


@given(base_rules, stacks, requests, st.sampled_from(HOSTS), LABELS, LABELS)
def test_other_requests_are_untouched(
    base: list[BaseRule], stack: dict[str, tuple[str, ...]], asked: tuple[str, str], host: str, label: str, other: str
) -> None:
    path, method = asked
    made = routes_of(derived(base, stack, label))
    assert winners(made, Request(host, path, method)) == []
    if other != label:
        assert winners(made, Request(host, path, method, {HEADER: other})) == []
        assert winners(made, Request(f"{other}.{host}", path, method)) == []


@given(base_rules, stacks, LABELS, requests, st.sampled_from(HOSTS), st.sampled_from([{}, {HEADER: "feature1"}]))
def test_a_rule_is_issued_again_above_its_base_in_its_order_and_for_fewer_requests(
    base: list[BaseRule],
    stack: dict[str, tuple[str, ...]],
    label: str,
    asked: tuple[str, str],
    host: str,
    headers: dict[str, str],
) -> None:
    sent = Request(host, *asked, headers)
    made = derived(base, stack, label)
    named = f"{condition(HEADER, label)} && "
    pairs: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for index, rule in enumerate(base):
        original = rule.route()
        for route in routes_of([each for each in made if f"-r{index}-" in each["metadata"]["name"]]):
            by_header = route["match"].startswith(named)
            pairs[by_header].append((effective_priority(original), route["priority"]))
            if by_header:
                assert original["match"] in route["match"]
                assert not holds(route["match"], sent) or holds(original["match"], sent)
                assert not holds(route["match"], replace(sent, headers={}))
    assert all(above > 2 * below for below, above in pairs[True])
    highest = max((each.priority for each in base), default=0)
    assert len({above > highest for _, above in pairs[False]}) < 2  # all above the base or all below
    for side in pairs.values():
        assert all((one[0] < two[0]) <= (one[1] < two[1]) for one in side for two in side)


@given(st.integers(0, 20_000), st.integers(0, 20_000), LABELS)
def test_a_derived_rule_outranks_its_base_at_any_length(longer: int, other: int, label: str) -> None:
    texts = [f"Host(`example.com`) && PathPrefix(`/{'x' * length}`)" for length in (longer, other)]
    base = [
        {
            "kind": "IngressRoute",
            "metadata": {"name": f"r{index}", "namespace": "shop"},
            "spec": {"routes": [{"match": text, "services": [{"name": "api", "port": 80}]}]},
        }
        for index, text in enumerate(texts)
    ]
    backend = Backend("api", ("example.com",), "api", "stack", 80)
    made = derive(base, stack="s", label=label, header=HEADER, namespace="stack", services=[backend])
    by_header = [route for route in routes_of(made) if route["match"].startswith("(Header(")]
    assert len(by_header) == 2
    assert min(each["priority"] for each in by_header) > max(map(len, texts))
    order = [each["priority"] for each in sorted(by_header, key=lambda each: len(each["match"]))]
    assert order == sorted(order)
    assert (order[0] == order[1]) == (longer == other)


HOST_NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?){1,3}", fullmatch=True)
HEADERS = st.text("!#$%&'*+.^_|~-abcXYZ019", min_size=1, max_size=64)


@given(HOST_NAMES, HOST_NAMES, HEADERS, st.from_regex(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True))
def test_no_host_no_label_and_no_header_changes_what_a_rule_means(host: str, other: str, header: str, label: str) -> None:
    base = BaseRule((host,), "/api", "POST", 0, "api", 0)
    backend = Backend("api", (host,), "api", "stack", 80)
    made = derive([manifest(0, base)], stack="s", label=label, header=header, namespace="stack", services=[backend])
    by_header, preview = (rules.parse(route["match"]) for route in routes_of(made))
    asked = rules.parse(condition(header, label))
    rest = rules.parse("PathPrefix(`/api`) && Method(`POST`)")
    assert rules.at_host(by_header, host) == rules.And((asked, *rest.parts))  # type: ignore[union-attr]
    assert rules.at_host(preview, f"{label}.{host}") == rest
    for each, own in ((by_header, host), (preview, f"{label}.{host}")):
        assert other == own or rules.at_host(each, other) is False


@given(base_rules, stacks, LABELS)
def test_all_objects_are_the_stacks_own_and_named_apart(
    base: list[BaseRule], stack: dict[str, tuple[str, ...]], label: str
) -> None:
    made = derived(base, stack, label)
    assert len({each["metadata"]["name"] for each in made}) == len(made)
    assert {each["metadata"]["namespace"] for each in made} <= {f"stack-{label}"}
    assert {each["metadata"]["labels"]["devstack.dev/stack"] for each in made} <= {f"acme-{label}"}
    assert all(len(each["metadata"]["name"]) <= 63 for each in made)


def test_the_played_proxy_reads_rules_as_traefik_does() -> None:
    assert holds("Host(`a`) || Host(`b`) && Path(`/x`)", Request("a", "/"))
    assert not holds("(Host(`a`) || Host(`b`)) && Path(`/x`)", Request("a", "/"))
    assert holds("!Host(`a`) && HostRegexp(`^b$`)", Request("b"))
