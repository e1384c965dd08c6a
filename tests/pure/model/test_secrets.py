"""No secret comes through, however it is spelled; other text does."""

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from model.secrets import LEARNED_MOST, SHORTEST, STARS, Masker

secrets = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=8, max_size=40).filter(
    lambda text: text == text.strip() and "*" not in text
)
PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAabc/def+ghi\nZZZZsecondlinehere==\n-----END RSA PRIVATE KEY-----\n"
)


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_raw_json_and_url_spellings_are_masked(secret: str, before: str, after: str) -> None:
    masker = Masker([secret])
    for spelled in (secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe=""), quote_plus(secret)):
        assert spelled not in masker.mask(f"{before}{spelled}{after}")


@given(secrets, st.binary(max_size=9), st.binary(max_size=9))
def test_base64_is_masked_wherever_the_secret_begins_in_it(secret: str, before: bytes, after: bytes) -> None:
    masker = Masker([secret])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(before + secret.encode() + after).decode()
        masked = masker.mask(whole)
        assert STARS in masked
        # At most the sextets that the secret shares with its neighbours are left of it.
        around = len(base64.b64encode(before)) + len(base64.b64encode(after))
        assert len(masked) - len(STARS) <= around + 4


@given(secrets, st.text(max_size=60))
def test_masking_twice_changes_nothing_more(secret: str, text: str) -> None:
    masker = Masker([secret])
    once = masker.mask(f"{text}{secret}{text}")
    assert masker.mask(once) == once


def test_short_secrets_do_not_blacken_words() -> None:
    assert Masker(["a", "", "abcde"]).mask("a banana, abcde") == "a banana, abcde"
    assert Masker(["abcdef"]).mask("xabcdefx") == "x***x"
    assert SHORTEST == 6


def test_a_key_is_masked_whole_by_line_and_in_json() -> None:
    masker = Masker([PEM])
    assert "MIIE" not in masker.mask(PEM)
    assert "ZZZZ" not in masker.mask("  ZZZZsecondlinehere==")
    assert "MIIE" not in masker.mask(json.dumps({"key": PEM}))


def test_secrets_are_known_by_their_form_too() -> None:
    mask = Masker([]).mask
    assert mask("ghs_" + "a1" * 18) == STARS
    assert mask("github_pat_" + "a1_" * 10) == STARS
    assert mask("https://x-access-token:abc@github.com/a") == "https://***@github.com/a"
    assert mask("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- x") == "*** x"
    assert mask("-----BEGIN PRIVATE KEY-----\ncut off") == STARS
    assert mask("http://example.com:80/a@b") == "http://example.com:80/a@b"
    assert mask("an ordinary line, sha256:0123 and ghs_short") == "an ordinary line, sha256:0123 and ghs_short"


def test_more_secrets_can_be_added() -> None:
    masker = Masker(["first-secret"]).also(["second-secret"])
    assert masker.mask("first-secret second-secret") == "*** ***"


def test_a_secret_that_is_learned_is_hidden_from_then_on_also_in_base64() -> None:
    masker = Masker(["known-from-the-start"])
    token = "v1.0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    assert token in masker.mask(token)
    masker.learn(token)
    assert masker.mask(f"known-from-the-start {token}") == "*** ***"
    assert token[:16] not in masker.mask(f"Authorization: Basic {header}")
    assert masker.mask(header) != header


def test_only_the_newest_of_many_learned_secrets_are_remembered() -> None:
    masker = Masker([])
    for number in range(LEARNED_MOST + 1):
        masker.learn(f"token-number-{number}")
    assert masker.mask("token-number-0 ") == "token-number-0 "
    assert masker.mask(f"token-number-{LEARNED_MOST}") == "***"
