"""Every row of the table on real Traefik 3 and 2.11, the latter with either of its API groups."""

import ssl

import pytest

from playground.toolset import router
from tests.cluster.routing import objects
from tests.cluster.routing.features import PASSING
from tests.cluster.routing.passing import GONE, SERVED
from tests.cluster.routing.row import Row, ctx, preview
from tests.cluster.routing.shop import SECURE
from tests.cluster.routing.table import TABLE
from tests.cluster.routing.tried import Tried

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in TABLE])
def test_a_request_reaches_its_target(tried: Tried, row: Row) -> None:
    answer = tried.holds(row)
    if row.cookie:
        assert any(each.startswith(f"{row.cookie}=") for each in answer.header("Set-Cookie"))


def test_it_is_the_version_that_it_should_be(tried: Tried) -> None:
    assert tried.proxy.version() == router.version(tried.version.major)


def test_a_stack_comes_and_goes(tried: Tried) -> None:
    """Its routes serve while they are there; afterwards, all is as if it had never been."""
    assert tried.targets(GONE) == [row.to for row in GONE]
    passing = PASSING.routes(tried.base, tried.version.group, tried.version.syntax, tried.ground.ports)
    objects.lay(tried.ground.playground, passing)
    try:
        tried.proxy.took(objects.rules([*tried.laid, *passing]))
        assert tried.targets(SERVED) == [row.to for row in SERVED]
    finally:
        objects.take(tried.ground.playground, passing)
    tried.proxy.took(objects.rules(tried.laid))
    assert tried.targets(GONE) == [row.to for row in GONE]


@pytest.mark.parametrize("host", [SECURE, preview("feature-2", SECURE)])
def test_the_bases_way_of_tls_holds_for_the_feature(tried: Tried, host: str) -> None:
    """The certificate comes by SNI without a key of the base being copied, and the base's TLS options are in force."""
    row = Row("", "vault@feature-2", host=host, at="secure", lines=ctx("feature-2"))
    answer = tried.ask(row)
    assert (answer.target, answer.tls) == (row.to, "TLSv1.3")
    with pytest.raises(ssl.SSLError):
        tried.ask(row, newest_tls=ssl.TLSVersion.TLSv1_2)
    assert all("secretName" not in (each["spec"].get("tls") or {}) for each in tried.laid if each not in tried.base)
