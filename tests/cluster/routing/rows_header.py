"""Requests with the plain header: which service is the feature's, which values are a label, several labels at once."""

from model.routing.context import rank
from tests.cluster.routing.features import HEADER, ONE, TEN
from tests.cluster.routing.row import BETA, NO_PRIORITY, NO_RANK, OTHER_TENANT, TAKEN_HOST, Row, ctx, each
from tests.cluster.routing.shop import NEW, PAIR_A, PAIR_B, SECURE, TENANT

HIGHEST = max((ONE, TEN), key=lambda each: rank(each.label)).label  # of two labels that have the service

HEADERS = (
    Row(
        "the label's service",
        "orders@feature1",
        "/orders",
        ctx("feature1"),
        received={HEADER: ("feature1",)},
        cookie="lb",
    ),
    Row("a service that the feature lacks", "site@base", lines=ctx("feature1"), received={HEADER: ("feature1",)}),
    Row("a method of a service that it lacks", "audit@base", "/orders/7", ctx("feature1"), method="DELETE"),
    Row(
        "a negative priority still stands last",
        "orders@feature1",
        "/orders/archive/1",
        ctx("feature1"),
        beyond=NO_PRIORITY,
    ),
    Row("an explicit priority still stands first", "hot@base", "/orders/hot", ctx("feature1")),
    Row("a middleware of the base, with the base's service", "cart@base", "/cart/add", ctx("feature1"), seen="/add"),
    Row(
        "a middleware of the base, with the feature's service",
        "cart@feature10",
        "/cart/add",
        ctx("feature10"),
        seen="/add",
    ),
    Row("the other path of that rule", "cart@feature10", "/basket/add", ctx("feature10"), seen="/add"),
    Row("a weighted TraefikService stays", "pay@base", "/pay", ctx("feature1")),
    Row("one of several services with weights", "docs@feature1", "/docs", ctx("feature1")),
    Row("another namespace stays, cut off there", "reports@base", "/reports/7", ctx("feature1"), seen="/7"),
    Row("a header of the base's own rule", "beta@base", "/site", (*ctx("feature10"), *BETA)),
    Row("what the negation leaves out", "site@feature10", "/search?mode=slow", ctx("feature10")),
    Row("a rule with a negation", "search@base", "/search?q=1", ctx("feature10")),
    Row("the second entry point", "orders@feature1", "/orders", ctx("feature1"), at="internal"),
    Row("a rule of one entry point, not there", "site@feature10", "/admin", ctx("feature10")),
    Row("a rule of one entry point, there", "admin@base", "/admin", ctx("feature10"), at="internal"),
    Row("one of two hosts", "solo@feature1", host=PAIR_A, lines=ctx("feature1")),
    Row("a host that the feature does not answer on", "duo@base", host=PAIR_B, lines=ctx("feature1")),
    Row("one host of a pattern", "tenants@feature-2", host=TENANT, lines=ctx("feature-2")),
    Row("another host of that pattern", "tenants@base", host=OTHER_TENANT, lines=ctx("feature-2")),
    Row("TLS", "vault@feature-2", host=SECURE, at="secure", lines=ctx("feature-2")),
    Row("a host that only the feature has", "fresh@feature-2", host=NEW, lines=ctx("feature-2"), beyond=TAKEN_HOST),
    Row("a host that the base leaves to all", "rest@base", host=NEW, lines=ctx("feature1")),
    Row("a label that begins with another", "site@feature10", lines=ctx("feature10")),
    Row("of a longer label, a service of the shorter", "orders@base", "/orders", ctx("feature10")),
    *each(
        "the case of the name",
        "orders@feature1",
        [ctx("feature1", name=name) for name in ("UBER-CTX-KEY", "Uber-Ctx-Key", "uBeR-cTx-kEy")],
        path="/orders",
    ),
    Row("white space around", "orders@feature1", "/orders", ctx(" \tfeature1 \t")),
)

NO_LABEL = each(
    "no live label",
    "orders@base",
    [
        ctx(value)
        for value in (
            "", " ", "unknown", "feature", "feature11", "xfeature1", "Feature1", "FEATURE1", "feature1,feature10",
            "feature1;q=1", "feature1 feature10", "feature-1", "fеature1".encode().decode("latin-1"), "feature%31",
        )
    ],
    path="/orders",
)  # fmt: skip

BREAK_OUT = each(
    "no way out of the rule",
    "orders@base",
    [
        ctx(value)
        for value in (
            "feature1`) || Host(`shop.example.org", "feature1`", '"feature1"', "'feature1'", "feature1\\", ".*",
            "^feature1$", "feature1|feature10", "(feature1)", "[f]eature1", "{feature1}", "feature1$", "feature.", "*",
        )
    ],
    path="/orders",
)  # fmt: skip

SEVERAL = (
    Row("a live label first", "orders@feature1", "/orders", ctx("feature1", "unknown")),
    Row("a live label last", "orders@feature1", "/orders", ctx("unknown", "feature1")),
    Row("a live label beside an empty one", "orders@feature1", "/orders", ctx("", "feature1")),
    Row("in two spellings of the name", "orders@feature1", "/orders", (*ctx("x", name="UBER-CTX-KEY"), *ctx("feature1"))),
    Row("two, one of which has the service", "orders@feature1", "/orders", ctx("feature1", "feature10"), beyond=NO_RANK),
    Row("two, the other of which has the service", "site@feature10", lines=ctx("feature1", "feature10"), beyond=NO_RANK),
    Row("two that have the service", f"docs@{HIGHEST}", "/docs", ctx("feature1", "feature10"), beyond=NO_RANK),
    Row(
        "two that have the service, the other way round",
        f"docs@{HIGHEST}",
        "/docs",
        ctx("feature10", "feature1"),
        beyond=NO_RANK,
    ),
    Row("two, none of which has the service", "hot@base", "/orders/hot", ctx("feature1", "feature10")),
)
