"""The grammar: what a comment says to us, and what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import commands
from model.commands import Approve, Deploy, Destroy, Extend, Help, Logs, Refusal, Status
from model.usage import USAGES

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/devstack deploy", Deploy()),
        ("/devstack deploy web api", Deploy(services=("web", "api"))),
        ("/devstack deploy web web", Deploy(services=("web",))),
        (
            "/devstack deploy --label feature1 --ttl 1d12h --sha 0123456",
            Deploy(label="feature1", ttl=129_600, sha="0123456"),
        ),
        ("/devstack deploy --label=feature1 web", Deploy(services=("web",), label="feature1")),
        ("/devstack destroy", Destroy()),
        ("/devstack status", Status()),
        ("/devstack logs web", Logs("web")),
        ("/devstack logs web --lines 7", Logs("web", 7)),
        ("/devstack extend 90m", Extend(5400)),
        (f"/devstack approve {SHA}", Approve(SHA)),
        (f"/devstack approve {SHA.upper()}", Approve(SHA)),
        ("/devstack help", Help()),
        ("/devstack", Help()),
        ("/DevStack  HELP.", Help()),
        ("   /devstack\u00a0help", Help()),
        ("/devstack\thelp\r", Help()),
        ("/devstack deploy \u2014label feature1", Deploy(label="feature1")),
    ],
)
def test_a_command_is_understood(text: str, said: object) -> None:
    assert commands.parse(text) == (said,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Please deploy this.",
        "see /devstack deploy",
        "> /devstack deploy",
        "    /devstack deploy",
        "\t/devstack deploy",
        "`/devstack deploy`",
        "```\n/devstack deploy\n```",
        "```sh\n/devstack deploy",
        "~~~\n/devstack deploy\n```\n/devstack deploy\n~~~",
        "````\n```\n/devstack deploy\n```\n````",
        "<!-- /devstack deploy -->",
        "<!--\n/devstack deploy\n",
        "/devstack-deploy",
        "/devstackdeploy",
        "/devstack/config",
        "- /devstack deploy",
    ],
)
def test_what_is_not_meant_for_us_is_silence(text: str) -> None:
    assert commands.parse(text) == ()


def test_several_commands_come_in_order() -> None:
    text = "Hello\r\n/devstack extend 4h\r\n```\r\n/devstack destroy\r\n```\r\n/devstack status\r\n"
    assert commands.parse(text) == (Extend(14_400), Status())


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("/devstack delpoy web", "no command `delpoy`", "Did you mean `/devstack deploy web`?"),
        ("/devstack xyzzy", "no command `xyzzy`", ""),
        ("/devstack deploy --lable x", "no option `--lable`", "Did you mean `--label`?"),
        ("/devstack deploy --label", "needs a value", ""),
        ("/devstack deploy --label --ttl 1h", "needs a value", ""),
        ("/devstack deploy --label=", "needs a value", ""),
        ("/devstack deploy --label a --label b", "given twice", ""),
        ("/devstack deploy --label Feature_1", "cannot be a label", "Did you mean `feature-1`?"),
        ("/devstack deploy --ttl soon", "not a duration", "`90m`, `12h` or `2d`"),
        ("/devstack deploy --ttl 0h", "not a duration", "`90m`, `12h` or `2d`"),
        ("/devstack deploy --sha main", "not a commit id", "7 digits"),
        ("/devstack destroy everything", "more than it takes", ""),
        ("/devstack logs", "name of a service", ""),
        ("/devstack logs web --lines 0", "from 1 to 500", ""),
        ("/devstack logs web --lines many", "from 1 to 500", ""),
        ("/devstack extend", "needs a duration", ""),
        ("/devstack extend 4 h", "more than it takes", ""),
        ("/devstack approve", "needs the commit", ""),
        ("/devstack status --now", "no option `--now`", "takes none"),
    ],
)
def test_a_wrong_command_gets_one_answer_that_helps(text: str, problem: str, hint: str) -> None:
    (said,) = commands.parse(text)
    assert isinstance(said, Refusal)
    assert problem in said.problem
    assert hint in said.hint


def test_a_refusal_of_a_known_command_shows_its_usage() -> None:
    (said,) = commands.parse("/devstack extend soon")
    assert isinstance(said, Refusal)
    assert said.usage == "/devstack extend <duration>"


def test_too_many_commands_are_cut_off_with_a_word_about_it() -> None:
    said = commands.parse("/devstack status\n" * 30)
    assert said[:-1] == (Status(),) * commands.MOST
    assert isinstance(said[-1], Refusal)


def test_every_command_has_a_row_in_the_table_that_people_see() -> None:
    assert tuple(commands.COMMANDS) == tuple(each.name for each in USAGES)


@given(
    st.lists(st.one_of(st.text(max_size=60), st.text(max_size=60).map("/devstack {}".format)), max_size=12).map("\n".join)
)
def test_no_text_breaks_the_grammar(text: str) -> None:
    said = commands.parse(text)
    assert len(said) <= commands.MOST + 1
    assert all(len(each.line) <= commands.LINE_SHOWN for each in said if isinstance(each, Refusal))


@given(st.text(max_size=200).filter(lambda text: "```" not in text))
def test_nothing_inside_a_fence_is_a_command(text: str) -> None:
    assert commands.parse(f"```\n{text}\n/devstack destroy\n```") == ()
