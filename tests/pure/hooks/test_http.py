"""The kind `http`: what is sent, what is kept, what is undone, and where nobody may call."""

import json
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from urllib3.exceptions import ProtocolError, SSLError

from hooks import calls, guard
from hooks.contract import Problem, Unreachable
from hooks.guard import Allowed
from hooks.kinds import http
from tests.pure.hooks.stage import Stage

PUBLIC = "93.184.216.34"
Reply = Callable[[dict[str, Any]], tuple[int, bytes]]


@dataclass
class Answer:
    status: int
    body: bytes

    def read(self, most: int) -> bytes:
        return self.body[:most]

    def release_conn(self) -> None:
        return


@dataclass
class Internet:
    """DNS and HTTP, replaced at urllib3's edge."""

    dns: dict[str, list[str]] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)
    reply: Reply = lambda request: (201, b"{}")
    error: Exception | None = None

    def getaddrinfo(self, host: str, port: int, **_: Any) -> list[Any]:
        if host not in self.dns:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", (address, port)) for address in self.dns[host]]

    def connection(self, scheme: str, host: str, port: int, address: str, timeout: float) -> Any:
        outer = self

        class Pool:
            def urlopen(
                self, method: str, where: str, *, body: bytes | None, headers: dict[str, str], **more: Any
            ) -> Answer:
                assert (more["redirect"], more["retries"]) == (False, False)
                request = {"to": f"{scheme}://{address}:{port}", "host": host, "method": method, "path": where,
                           "body": body, "headers": headers}  # fmt: skip
                outer.sent.append(request)
                if outer.error:
                    raise outer.error
                return Answer(*outer.reply(request))

        return Pool()

    def create_connection(self, where: tuple[str, int], timeout: float) -> Any:
        self.reached.append(where)

        class Socket:
            def close(self) -> None:
                return

        return Socket()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    found = Internet({"crm.example.com": [PUBLIC]})
    monkeypatch.setattr(socket, "getaddrinfo", found.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", found.create_connection)
    monkeypatch.setattr(calls, "connection", found.connection)
    return found


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, internet: Internet) -> Stage:
    return Stage(tmp_path).install(monkeypatch)


SPEC: dict[str, Any] = {
    "kind": "http", "name": "tenant", "url": "https://crm.example.com/tenants?for={label}",
    "headers": {"X-Stack": "{stack}"}, "body": {"name": "{service}-{label}", "plan": ["{other}", 1]},
    "keep": {"TENANT_ID": "data.items.0.id", "TENANT": "data"},
    "remove": {"url": "https://crm.example.com/tenants/{TENANT_ID}"},
}  # fmt: skip


def answers(request: dict[str, Any]) -> tuple[int, bytes]:
    return (204, b"") if request["method"] == "DELETE" else (201, b'{"data": {"items": [{"id": "t/1"}]}}')


def test_the_stacks_data_is_sent_to_the_address_that_was_looked_up_and_the_answer_is_kept(
    stage: Stage, internet: Internet
) -> None:
    internet.reply = answers
    assert stage.ensure(SPEC).code == 0
    [request] = internet.sent
    assert (request["to"], request["host"]) == (f"https://{PUBLIC}:443", "crm.example.com")
    assert (request["method"], request["path"]) == ("POST", "/tenants?for=feature1")
    assert json.loads(request["body"]) == {"name": "orders-feature1", "plan": ["{other}", 1]}
    headers = request["headers"]
    assert headers["Host"] == "crm.example.com"
    assert (headers["X-Stack"], headers["Content-Type"]) == ("acme-shop-1a2b3-7", "application/json")
    assert headers["Idempotency-Key"]
    assert stage.values == {"TENANT_ID": "t/1", "TENANT": '{"items": [{"id": "t/1"}]}'}
    assert internet.reached == [(PUBLIC, 443)]


def test_it_is_called_once_for_each_state_of_the_spec(stage: Stage, internet: Internet) -> None:
    internet.reply = answers
    stage.ensure(SPEC)
    values = stage.values
    stage.ensure(SPEC)
    assert (len(internet.sent), stage.values) == (1, values)
    ended = stage.ensure({**SPEC, "body": "another"})
    assert [each["method"] for each in internet.sent] == ["POST", "DELETE", "POST"]
    assert ended.message["resources"][0]["warning"] == "its spec has changed, so it was undone and called anew"
    always = {**SPEC, "always": True, "name": "often"}
    stage.ensure(always)
    stage.ensure(always)
    assert [each["method"] for each in internet.sent[3:]] == ["POST", "DELETE", "POST"]  # the old one was dropped
    assert "Idempotency-Key" not in internet.sent[-1]["headers"]


def test_a_call_whose_answer_was_lost_is_made_again_under_the_same_key(stage: Stage, internet: Internet) -> None:
    replies = iter([(503, b""), (201, b'{"data": {"items": [{"id": 7}]}}')])
    internet.reply = lambda request: next(replies)
    assert stage.ensure(SPEC).code == 0
    assert len({each["headers"]["Idempotency-Key"] for each in internet.sent}) == 1
    assert len(internet.sent) == 2


def test_the_teardown_makes_the_call_that_undoes_it(stage: Stage, internet: Internet) -> None:
    internet.reply = answers
    stage.ensure(SPEC)
    receipts = list(stage.receipts.values())
    assert stage.remove(SPEC).code == 0
    assert (internet.sent[-1]["method"], internet.sent[-1]["path"]) == ("DELETE", "/tenants/t%2F1")
    internet.reply = lambda request: (404, b"")
    assert stage.run("remove", given=receipts).states == {"tenant-feature1": "absent"}
    internet.reply = lambda request: (400, b"")
    ended = stage.run("remove", given=receipts)
    assert (ended.code, ended.problems) == (1, ["the call that undoes it is answered with status 400"])


def test_without_an_answer_there_is_nothing_to_undo(stage: Stage, internet: Internet) -> None:
    internet.reply = lambda request: (400, b"")
    ended = stage.ensure(SPEC)
    assert ended.problems == ["`crm.example.com` answers with status 400"]
    assert stage.remove(SPEC).code == 0
    assert [each["method"] for each in internet.sent] == ["POST"]


def test_what_needs_no_answer_is_undone_though_none_came(stage: Stage, internet: Internet) -> None:
    spec = {"kind": "http", "name": "x", "url": "https://crm.example.com/x",
            "remove": {"method": "POST", "url": "https://crm.example.com/x/{label}/end"}}  # fmt: skip
    internet.reply = lambda request: (400, b"") if request["path"] == "/x" else (200, b"")
    stage.ensure(spec)
    assert stage.remove(spec).code == 0
    assert internet.sent[-1]["path"] == "/x/feature1/end"


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (302, b"", "`crm.example.com` answers with status 302"),
        (201, b"<html>", "its answer is no JSON, so nothing can be kept of it"),
        (201, b'{"data": {"items": []}}', "its answer has nothing at `data.items.0.id` (looked for `0`)"),
        (201, b"x" * (calls.ANSWER_BYTES + 1), "`crm.example.com` answers more than 1048576 bytes"),
    ],
)
def test_answers_of_no_use_are_told(stage: Stage, internet: Internet, status: int, body: bytes, problem: str) -> None:
    internet.reply = lambda request: (status, body)
    ended = stage.ensure(SPEC)
    assert (ended.code, ended.problems) == (1, [problem])


def test_what_happens_on_the_wire_is_told(stage: Stage, internet: Internet) -> None:
    internet.error = ProtocolError("reset")
    ended = stage.ensure(SPEC, deadlineSeconds=20)
    assert (ended.code, ended.problems) == (3, ["crm.example.com:443 does not answer: ProtocolError"])
    internet.error = SSLError("self-signed")
    assert stage.ensure(SPEC).problems == ["the certificate of `crm.example.com` is not one that is trusted here"]


def test_a_provider_brings_its_address_and_its_token(stage: Stage, internet: Internet) -> None:
    internet.dns["crm.shop.svc"] = ["10.96.0.7"]
    stage.env = {
        "DEVSTACK_PROVIDER_CRM_URL": "http://crm.shop.svc:8080/api/",
        "DEVSTACK_PROVIDER_CRM_TOKEN": "token-of-crm",
    }
    spec = {"kind": "http", "name": "t", "provider": "crm", "url": "/tenants", "remove": {"url": "/tenants/{label}"}}
    assert stage.ensure(spec).code == 0
    [request] = internet.sent
    assert (request["to"], request["path"]) == ("http://10.96.0.7:8080", "/api/tenants")
    assert request["headers"]["Authorization"] == "Bearer token-of-crm"
    assert request["headers"]["Host"] == "crm.shop.svc:8080"
    internet.reply = lambda asked: (200, b"")
    assert stage.remove(spec).code == 0
    assert internet.sent[-1]["path"] == "/api/tenants/feature1"
    assert "token-of-crm" not in stage.shown
    stage.env = {}
    assert "no server `crm` is known here" in stage.ensure(spec).problems[0]


INSIDE = [
    ("orders", ["10.96.0.7"], "a name of one part"),
    ("orders.shop.svc", ["10.96.0.7"], "its name is one inside of the cluster"),
    ("orders.shop.svc.cluster.local.", ["10.96.0.7"], "its name is one inside of the cluster"),
    ("printer.local", [PUBLIC], "its name is one inside of the cluster"),
    ("localhost", ["127.0.0.1"], "a name of one part"),
    ("rebound.example.com", ["127.0.0.1"], "its address is not a public one"),
    ("mixed.example.com", [PUBLIC, "192.168.1.1"], "its address is not a public one"),
    ("mapped.example.com", ["::ffff:10.0.0.1"], "its address is not a public one"),
    ("nat64.example.com", ["64:ff9b::a00:1"], "its address is not a public one"),
    ("sixtofour.example.com", ["2002:a00:1::"], "its address is not a public one"),
    ("compatible.example.com", ["::10.0.0.1"], "its address is not a public one"),
    ("site.example.com", ["fec0::1"], "its address is not a public one"),
    ("cgnat.example.com", ["100.64.0.1"], "its address is not a public one"),
    ("multicast.example.com", ["224.0.0.1"], "its address is not a public one"),
    ("any.example.com", ["0.0.0.0"], "its address is not a public one"),
    ("[::1]", ["::1"], "its address is not a public one"),
    ("2130706433", ["127.0.0.1"], "a name of one part"),
    ("0x7f.1", ["127.0.0.1"], "its address is not a public one"),
]


@pytest.mark.parametrize(("host", "addresses", "why"), INSIDE)
def test_what_is_inside_is_not_called_unless_the_operator_opens_it(
    stage: Stage, internet: Internet, host: str, addresses: list[str], why: str
) -> None:
    internet.dns[host.strip("[]").rstrip(".")] = addresses
    spec = {"kind": "http", "name": "t", "url": f"http://{host}/x"}
    ended = stage.ensure(spec)
    assert ended.code == 1
    assert why in ended.problems[0]
    assert (internet.sent, internet.reached) == ([], [])
    stage.env = {guard.ALLOW: f"other.example.com, {host.strip('[]').upper().rstrip('.')}"}
    assert stage.ensure(spec).code == 0


def test_a_network_opens_all_names_that_lead_into_it(internet: Internet) -> None:
    internet.dns["orders.shop.svc"] = ["10.96.0.7"]
    assert guard.pinned("orders.shop.svc", 80, Allowed.parse("10.96.0.0/12")) == "10.96.0.7"
    with pytest.raises(Problem, match="must not be called"):
        guard.pinned("orders.shop.svc", 80, Allowed.parse("10.97.0.0/16, fd00::/8"))
    with pytest.raises(Problem, match="no host and no network"):
        Allowed.parse("10.0.0.0/99")


NEVER = ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fe80::1", "100.100.100.200", "::ffff:169.254.169.254",
         "168.63.129.16", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"]  # fmt: skip


@pytest.mark.parametrize("address", NEVER)
def test_where_clouds_keep_credentials_nothing_opens(internet: Internet, address: str) -> None:
    everything = Allowed.parse("0.0.0.0/0, ::/0, metadata.example.com")
    internet.dns["metadata.example.com"] = [PUBLIC, address]
    with pytest.raises(Problem) as caught:
        guard.pinned("metadata.example.com", 80, everything)
    assert caught.value.remedy == "No setting opens it."
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ValidationError, match="where a cloud tells machines their credentials"):
        http.Spec.model_validate({"kind": "http", "name": "t", "url": f"http://{host}/latest"})


@given(st.ip_addresses())
def test_no_address_passes_that_is_not_a_public_one(address: Any) -> None:
    if not guard._never(address) and not guard._inside("host.example.com", address):
        assert address.is_global
        assert not address.is_private
        assert not address.is_loopback
        assert not address.is_link_local


def test_a_name_that_leads_nowhere_does_not_answer(internet: Internet) -> None:
    with pytest.raises(Unreachable, match="its name has no address"):
        guard.pinned("nowhere.example.com", 80, Allowed())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"url": "ftp://example.com"}, "is no address"),
        ({"url": "https://me:pw@example.com/"}, "must not hold a user or a password"),
        ({"url": "https://example.com/a b"}, "should match pattern"),
        ({"url": "https://example.com/\r\nX: y"}, "should match pattern"),
        ({"url": "https://example.com/{env}"}, "may hold the placeholders `{label}`, `{stack}`, `{service}`"),
        ({"url": "/path"}, "without it, they are whole"),
        ({"provider": "crm"}, "with `provider`, addresses are paths"),
        ({"url": "http://metadata.google.internal/"}, "must not be called"),
        ({"headers": {"Host": "x"}}, "the header `Host` cannot be chosen"),
        ({"headers": {"X": "a\r\nb"}}, "should match pattern"),
        ({"remove": {"url": "https://{ID}.example.com/"}, "keep": {"ID": "id"}}, "must not depend on an answer"),
        ({"remove": {"url": "https://example.com/{OTHER}"}}, "no other braces"),
        ({"keep": {"A": "a..b"}}, "should match pattern"),
        ({"expect": [503]}, "less than or equal to 499"),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        http.Spec.model_validate({"kind": "http", "name": "t", "url": "https://example.com/x", **given})
