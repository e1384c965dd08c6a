"""`trace` asks as the people of this very feature do."""

from pathlib import Path
from typing import Any

import pytest

from model.commands import Trace
from model.routing import following
from model.routing.following import Following
from model.stack import Phase, Service, Spec, Stack, Status
from tests.pure.workers import inside_cluster
from tests.pure.workers.test_chain import route
from workers.intake import tracing
from workers.pipeline import asking
from workers.pipeline.asking import Answer
from workers.pipeline.seen import Seen

OTHER, OWN = "front.example.com", "example.com"


def deployed(header: str) -> Stack:
    service = Service("web", "", "", "", "ready", hosts=(OWN,))
    receipt = following.receipt(Following("feature1", header, "home", "1", "shop"))
    return Stack(
        "acme-shop-7",
        Spec("acme/shop", 7, "a" * 40, "feature1"),
        Status(phase=Phase.READY, services=(service,), receipts=(receipt,)),
    )


def test_it_goes_with_the_header_that_the_repository_chose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's own setting says otherwise; what the routes were made with counts."""
    world, _ = inside_cluster.world(tmp_path)
    stack = deployed("x-their-context")
    assert world.settings.context_header != "x-their-context"
    seen = Seen((stack,), (route("shop", f"Host(`{OTHER}`)", f"Host(`{OWN}`)"),))
    monkeypatch.setattr(tracing, "look", lambda _: seen)
    asked: dict[str, dict[str, str]] = {}

    def request(settings: Any, host: str, path: str, headers: dict[str, str], seconds: float) -> Answer:
        asked[host] = headers
        return Answer(200, body=b"{}", echo='{"service": "web", "label": "feature1"}')

    monkeypatch.setattr(asking, "request", request)
    told = tracing.trace(world, stack, Trace("/basket"))
    assert asked == {
        f"feature1.{OWN}": {},
        OTHER: {"x-their-context": "feature1", "baggage": "x-their-context=feature1"},
    }
    assert "x-their-context: feature1" in told
