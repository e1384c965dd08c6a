"""Requests without a context: the base's own routes, which every later row is compared with."""

from tests.cluster.routing.row import BETA, NO_PATTERN, NO_PRIORITY, OTHER_TENANT, Row
from tests.cluster.routing.shop import PAIR_A, PAIR_B, SECURE, TENANT

BASE = (
    Row("the host alone", "site@base"),
    Row("a path of another service", "orders@base", "/orders", cookie="lb"),
    Row("a longer path", "orders@base", "/orders/7?page=2"),
    Row("a method of another service", "audit@base", "/orders/7", method="DELETE"),
    Row("a method that no rule names", "orders@base", "/orders/7", method="PUT"),
    Row("a negative priority stands last", "orders@base", "/orders/archive/1", beyond=NO_PRIORITY),
    Row("an explicit priority", "hot@base", "/orders/hot"),
    Row("an explicit priority before a longer rule", "hot@base", "/orders/hot", method="DELETE"),
    Row("one of two paths, cut off", "cart@base", "/cart/add", seen="/add"),
    Row("the other of two paths, cut off", "cart@base", "/basket/add", seen="/add"),
    Row("a header of the base's own rule", "beta@base", "/site", lines=BETA),
    Row("another value of that header", "site@base", "/site", lines=(("X-Beta", "2"),)),
    Row("a rule with a negation", "search@base", "/search?q=1"),
    Row("what the negation leaves out", "site@base", "/search?mode=slow"),
    Row("several services with weights", "docs@base", "/docs"),
    Row("a weighted TraefikService", "pay@base", "/pay"),
    Row("another namespace, cut off there", "reports@base", "/reports/7", seen="/7"),
    Row("an entry point that the rule does not name", "site@base", "/admin"),
    Row("an entry point that only this rule names", "admin@base", "/admin", at="internal"),
    Row("a host pattern", "tenants@base", host=TENANT),
    Row("another host of the pattern", "tenants@base", host=OTHER_TENANT),
    Row("a host that the pattern leaves out", "rest@base", host="12.tenants.example.org", beyond=NO_PATTERN),
    Row("one of two hosts, higher priority", "solo@base", host=PAIR_A),
    Row("the other of two hosts", "duo@base", host=PAIR_B),
    Row("TLS", "vault@base", host=SECURE, at="secure"),
    Row("no host of ours", "rest@base", host="elsewhere.example.org"),
    Row("no host of ours, on an entry point without a rule for all", "404", host="elsewhere.example.org", at="internal"),
)
