"""Whose certificates a request trusts."""

from pathlib import Path

import pytest

from workers.faults import OurFault
from workers.pipeline.asking import trust


@pytest.mark.parametrize("content", [None, b"", b"no certificate at all\n"], ids=["missing", "empty", "something else"])
def test_a_bundle_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    bundle = tmp_path / "company.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(OurFault, match=f"DEVSTACK_PROBE_CA: {bundle} cannot be read as certificates"):
        trust(bundle, insecure=False)
