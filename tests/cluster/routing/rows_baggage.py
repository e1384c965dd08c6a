"""Requests with W3C baggage in all its shapes, and what looks like it."""

from tests.cluster.routing.features import HEADER
from tests.cluster.routing.row import NO_NEGATION, NO_RANK, Row, bag, ctx, each
from tests.cluster.routing.rows_header import HIGHEST
from tests.cluster.routing.shop import PAIR_B, SECURE, SHOP, TENANT

BAGGAGE = (
    *each(
        "a member",
        "orders@feature1",
        [
            *map(
                bag,
                (
                    f"{HEADER}=feature1",
                    f"a=1,{HEADER}=feature1",
                    f"{HEADER}=feature1,z=9",
                    f"a=1 , {HEADER}=feature1 , z=9",
                    f"a=1,\t{HEADER}\t=\tfeature1\t,z=9",
                    f"{HEADER} = feature1",
                    f"{HEADER}=feature1;ttl=5",
                    f"{HEADER}=feature1 ; ttl=5 ; secret, z=9",
                    f"a=1;p;q=2,{HEADER}=feature1",
                    f"{HEADER}=%66eature1",
                    f"{HEADER}=feature%31",
                    f"{HEADER}=%66%65%61%74%75%72%65%31",
                    f"user=%22a%2Cb%22,{HEADER}=feature1",
                    f"long={'x' * 7000},{HEADER}=feature1",
                ),
            ),
            bag("a=1", f"{HEADER}=feature1"),
            bag(f"{HEADER}=feature1", "z=9"),
            bag(f"{HEADER}=feature1", name="BAGGAGE"),
            bag(f"{HEADER}=unknown,{HEADER}=feature1"),
        ],
        path="/orders",
    ),
    *each(
        "no member",
        "orders@base",
        map(
            bag,
            (
                "",
                HEADER,
                f"{HEADER}=",
                f"{HEADER}=unknown",
                f"{HEADER}=feature",
                f"{HEADER}=feature11",
                f"{HEADER}=Feature1",
                f"{HEADER}=feature1x",
                f"{HEADER}=feature1%20",
                f"{HEADER}=feature%2531",
                f'{HEADER}="feature1"',
                f"{HEADER}=feature1 feature1",
                f"{HEADER.upper()}=feature1",
                f"x{HEADER}=feature1",
                f"my-{HEADER}=feature1",
                f"{HEADER}x=feature1",
                f"x={HEADER}=feature1",
                f"x=1;{HEADER}=feature1",
                f"x={HEADER}=feature1;{HEADER}=feature1,y=feature1",
                f"x=%2C{HEADER}=feature1",
                f"{HEADER}=.*",
                f"{HEADER}=feature1`) || Host(`{SHOP}",
                f"{HEADER.replace('-', '_')}=feature1",
                "feature1",
            ),
        ),
        path="/orders",
    ),
    Row("a label that begins with another", "site@feature10", lines=bag(f"{HEADER}=feature10")),
    Row("of a longer label, a service of the shorter", "orders@base", "/orders", bag(f"{HEADER}=feature10")),
    Row("a dash, percent-encoded", "vault@feature-2", host=SECURE, at="secure", lines=bag(f"{HEADER}=feature%2d2")),
    Row("a dash, percent-encoded in capitals", "tenants@feature-2", host=TENANT, lines=bag(f"{HEADER}=feature%2D2")),
    Row("other hosts stay", "duo@base", host=PAIR_B, lines=bag(f"{HEADER}=feature1")),
    Row(
        "what else is in it reaches the backend",
        "orders@feature1",
        "/orders",
        bag(f"user=7,{HEADER}=feature1;p"),
        received={"baggage": (f"user=7,{HEADER}=feature1;p",)},
    ),
    Row(
        "two that have the service",
        f"docs@{HIGHEST}",
        "/docs",
        bag(f"{HEADER}=feature1,{HEADER}=feature10"),
        beyond=NO_RANK,
    ),
    Row(
        "two, one of which has the service",
        "orders@feature1",
        "/orders",
        bag(f"{HEADER}=feature10,{HEADER}=feature1"),
        beyond=NO_RANK,
    ),
    Row(
        "the plain header decides",
        "docs@feature1",
        "/docs",
        (*ctx("feature1"), *bag(f"{HEADER}=feature10")),
        beyond=NO_NEGATION,
    ),
    Row(
        "the plain header decides, for the base too",
        "site@base",
        lines=(*ctx("feature1"), *bag(f"{HEADER}=feature10")),
        beyond=NO_NEGATION,
    ),
    Row(
        "an unknown label in the plain header decides",
        "orders@base",
        "/orders",
        (*ctx("x"), *bag(f"{HEADER}=feature1")),
        beyond=NO_NEGATION,
    ),
    Row(
        "an empty plain header leaves it to baggage", "orders@feature1", "/orders", (*ctx(""), *bag(f"{HEADER}=feature1"))
    ),
)
