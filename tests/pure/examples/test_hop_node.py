"""The example in Node hands the context on by the same rules as the one in Python."""

import json
import subprocess
from pathlib import Path

import pytest

MAIN = Path(__file__).resolve().parents[3] / "examples" / "hop" / "node" / "main.mjs"
CASES = [
    ({}, {}),
    ({"uber-ctx-key": "f1"}, {"uber-ctx-key": "f1", "baggage": "uber-ctx-key=f1"}),
    ({"baggage": "uber-ctx-key=f1"}, {"uber-ctx-key": "f1", "baggage": "uber-ctx-key=f1"}),
    (
        {"baggage": "user=7;p=1, uber-ctx-key = f1 ;q"},
        {"uber-ctx-key": "f1", "baggage": "user=7;p=1,uber-ctx-key=f1"},
    ),
    ({"baggage": "user=7"}, {"baggage": "user=7"}),
    (
        {"uber-ctx-key": "f1", "baggage": "uber-ctx-key=f2,user=7"},
        {"uber-ctx-key": "f1", "baggage": "user=7,uber-ctx-key=f1"},
    ),
    ({"baggage": "other-uber-ctx-key=f1"}, {"baggage": "other-uber-ctx-key=f1"}),
    ({"uber-ctx-key": "a b,c"}, {"uber-ctx-key": "a b,c", "baggage": "uber-ctx-key=a%20b%2Cc"}),
    ({"baggage": "uber-ctx-key=%zz"}, {}),
]


@pytest.fixture(scope="module")
def sent() -> list[dict[str, str]]:
    script = f"""
        import {{ handedOn }} from {json.dumps(MAIN.as_uri())};
        console.log(JSON.stringify({json.dumps([asked for asked, _ in CASES])}.map(handedOn)));
    """
    command = ["node", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("case", range(len(CASES)))
def test_either_form_of_the_context_becomes_both(sent: list[dict[str, str]], case: int) -> None:
    assert sent[case] == CASES[case][1]
