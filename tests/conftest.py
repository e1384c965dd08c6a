"""What more than one tier uses."""

import gc

import pytest

from playground.github.description import Description, load
from tests.npm_package import package

# What a session has loaded stays to its end: to look through it for garbage as often as usual is a tenth of the pure tier.
gc.set_threshold(50_000, 20, 20)

REST_HASH = "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c"
WEBHOOKS_HASH = "112b87c7dcda464640248dcf5965bcd69027c65bb45c26ae78fbf3f0d1eaa740"


@pytest.fixture(scope="session")
def description() -> Description:
    """GitHub's own published description of its API."""
    rest = package("@octokit/openapi", "23.0.2", REST_HASH) / "generated" / "api.github.com.json"
    webhooks = package("@octokit/openapi-webhooks", "12.1.0", WEBHOOKS_HASH) / "generated" / "api.github.com.json"
    return load(rest, webhooks)
