"""The grammar: what a comment says to us, and what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import commands
from model import jobs
from model.commands import Approve, Deploy, Destroy, Extend, Help, Logs, Refusal, Status, Trace

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
        ("/devstack deploy --with acme/orders#12", Deploy(beside=("acme/orders#12",))),
        (
            "/devstack deploy web --with orders#12 --with=#3 api",
            Deploy(services=("web", "api"), beside=("orders#12", "#3")),
        ),
        ("/devstack deploy --with a/b#1,a/c#2, #3 --with a/b#1.", Deploy(beside=("a/b#1", "a/c#2", "#3"))),
        ("/devstack deploy \u2014with \u201cacme/orders#12\u201d", Deploy(beside=("acme/orders#12",))),
        ("/devstack destroy", Destroy()),
        ("/devstack status", Status()),
        ("/devstack logs web", Logs("web")),
        ("/devstack logs web --lines 7", Logs("web", 7)),
        ("/devstack trace", Trace()),
        ("/devstack trace /", Trace("/")),
        ("/devstack trace /basket?item=1&q=a%20b", Trace("/basket?item=1&q=a%20b")),
        ("/devstack trace `/basket`.", Trace("/basket")),
        ("/devstack trace /~ada/x;y=1,(2)!$'*+@:/", Trace("/~ada/x;y=1,(2)!$'*+@:/")),
        ("/devstack extend 90m", Extend(5400)),
        ("/devstack extend 1d 12h", Extend(129_600)),
        ("/devstack extend 4 h", Extend(14_400)),
        (f"/devstack approve {SHA}", Approve(SHA)),
        (f"/devstack approve {SHA.upper()}", Approve(SHA)),
        ("/devstack help", Help()),
        ("/devstack", Help()),
        ("/devstack?", Help()),
        ("/devstack --help", Help()),
        ("/devstack deploy -h", Help()),
    ],
)
def test_a_command_is_understood(text: str, said: object) -> None:
    assert commands.parse(text) == (said,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/DevStack  DEPLOY --LABEL feature1", Deploy(label="feature1")),
        ("   /devstack\u00a0status", Status()),
        ("\u00a0/devstack status", Status()),
        ("/devstack\tstatus\r", Status()),
        ("/devstack: status", Status()),
        ("/devstack, status!", Status()),
        ("/devstack status.", Status()),
        ("/devstack logs web.", Logs("web")),
        ("/devstack extend 4h.", Extend(14_400)),
        ("/devstack deploy \u2014label feature1", Deploy(label="feature1")),
        ("/devstack deploy \u2013label feature1", Deploy(label="feature1")),
        ("/devstack deploy --label \u201cfeature1\u201d", Deploy(label="feature1")),
        ("/devstack deploy --label='feature1'", Deploy(label="feature1")),
        ("/devstack deploy `web`", Deploy(services=("web",))),
        ("\ufeff/devstack\u200b status", Status()),
    ],
)
def test_what_keyboards_and_habit_add_does_no_harm(text: str, said: object) -> None:
    assert commands.parse(text) == (said,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Please deploy this.",
        "see /devstack deploy",
        "devstack deploy fails for me",
        "> /devstack deploy",
        "`/devstack deploy`",
        "- /devstack deploy",
        "/devstack-chart",
        "/devstacks",
        "/devstack/config",
        "/devstack/deploy",
        "/stack deploy",
        "/retest deploy",
        "/dev\u017ftack deploy",
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
        ("/devstack undeploy", "no command `undeploy`", "Did you mean `/devstack destroy`?"),
        ("/devstack xyzzy", "no command `xyzzy`", ""),
        ("/devstack-deploy web", "no `/devstack-deploy`", "Did you mean `/devstack deploy web`?"),
        ("/devstackstatus", "no `/devstackstatus`", "Did you mean `/devstack status`?"),
        ("/devstak deploy web", "no `/devstak`", "Did you mean `/devstack deploy web`?"),
        ("/devstack deploy --lable x", "no option `--lable`", "Did you mean `--label`?"),
        ("/devstack deploy label=x", "lacks its dashes", "Did you mean `--label=x`?"),
        ("/devstack deploy --label", "needs a value", ""),
        ("/devstack deploy --label --ttl 1h", "needs a value", ""),
        ("/devstack deploy --label=", "needs a value", ""),
        ("/devstack deploy --label a --label b", "given twice", ""),
        ("/devstack deploy --label Feature_1", "cannot be a label", "Did you mean `feature-1`?"),
        ("/devstack deploy --label feature\u20141", "cannot be a label", "Did you mean `feature-1`?"),
        (f"/devstack deploy --label {'a' * 41}", "at most 40", f"Did you mean `{'a' * 40}`?"),
        ("/devstack deploy Web", "cannot be a service", "Did you mean `web`?"),
        ("/devstack logs `@org/team", "cannot be a service", "Did you mean `org-team`?"),
        ("/devstack deploy --ttl soon", "not a duration", "`90m`, `12h` or `2d`"),
        ("/devstack deploy --ttl 0h", "not a duration", "`90m`, `12h` or `2d`"),
        ("/devstack deploy --ttl -1h", "needs a value", ""),
        ("/devstack deploy --ttl 2days", "not a duration", "Did you mean `2d`?"),
        ("/devstack extend 4 hours", "not a duration", "Did you mean `4h`?"),
        ("/devstack extend \u0661\u0662h", "not a duration", "`90m`, `12h` or `2d`"),
        ("/devstack deploy --sha main", "not a commit id", "7 digits"),
        (f"/devstack deploy --sha {'a' * 41}", "not a commit id", "7 digits"),
        ("/devstack deploy --with", "needs a value", ""),
        ("/devstack deploy --with ,", "needs a value", ""),
        ("/devstack deploy --with orders", "not a pull request", "`owner/repo#12`"),
        ("/devstack deploy --with 12", "not a pull request", "Did you mean `#12`?"),
        ("/devstack deploy --with a/b/c#1", "not a pull request", "`owner/repo#12`"),
        (
            "/devstack deploy --with https://github.com/acme/orders/pull/12",
            "not a pull request",
            "Did you mean `acme/orders#12`?",
        ),
        ("/devstack deploy --with " + ",".join(f"#{each}" for each in range(1, 22)), "At most 20", ""),
        ("/devstack deploy orders#12", "cannot be a service", "Did you mean `--with orders#12`?"),
        ("/devstack status --with #1", "no option `--with`", "takes none"),
        ("/devstack destroy everything", "more than it takes", ""),
        ("/devstack trace basket", "is not a path", "Did you mean `/basket`?"),
        ("/devstack trace http://169.254.169.254/x", "names a host", "the path alone"),
        ("/devstack trace HTTPS://x", "names a host", "the path alone"),
        ("/devstack trace //evil.example/x", "names a host", "the path alone"),
        ("/devstack trace /x#y", "is not a path", "percent-encoded"),
        ("/devstack trace /\\evil.example", "is not a path", "percent-encoded"),
        ("/devstack trace /x%0", "is not a path", "percent-encoded"),
        ("/devstack trace /straße", "is not a path", "percent-encoded"),
        ("/devstack trace /x\x0bHost:evil", "more than it takes", ""),
        ("/devstack trace /x /y", "more than it takes", ""),
        (f"/devstack trace /{'x' * 400}", "has 401 characters", ""),
        ("/devstack trace --host evil.example /x", "no option `--host`", ""),
        ("/devstack logs", "name of a service", ""),
        ("/devstack logs web api", "more than it takes", ""),
        ("/devstack logs web --lines 0", "from 1 to 500", ""),
        ("/devstack logs web --lines 501", "from 1 to 500", ""),
        ("/devstack logs web --lines many", "from 1 to 500", ""),
        ("/devstack logs web --lines \u00b2", "from 1 to 500", ""),
        ("/devstack extend", "needs a duration", ""),
        ("/devstack approve", "needs the commit", ""),
        ("/devstack approve abc", "not a commit id", ""),
        ("/devstack status --now", "no option `--now`", "takes none"),
    ],
)
def test_a_wrong_command_gets_one_answer_that_helps(text: str, problem: str, hint: str) -> None:
    (said,) = commands.parse(text)
    assert isinstance(said, Refusal)
    assert problem in said.problem
    assert hint in said.hint


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_a_refusal_of_a_known_command_shows_its_usage(name: str) -> None:
    (said,) = commands.parse(f"/devstack {name} --no-such-option")
    assert isinstance(said, Refusal)
    assert said.usage == next(each.usage for each in commands.table() if each.name == name)


def test_what_is_quoted_back_cannot_leave_its_code_nor_turn_the_text_around() -> None:
    (said,) = commands.parse("/devstack x`@org/team`\u202e\x07")
    assert isinstance(said, Refusal)
    assert said.problem == "There is no command `x'@org/team'\ufffd\ufffd`."
    assert said.line == "/devstack x'@org/team'\ufffd\ufffd"


def test_too_many_commands_are_cut_off_with_a_word_about_it() -> None:
    said = commands.parse("/devstack status\n" * 30)
    assert said[:-1] == (Status(),) * commands.MOST
    assert isinstance(said[-1], Refusal)
    assert "At most 10" in said[-1].problem


def test_ten_commands_are_taken_without_a_word() -> None:
    assert commands.parse("/devstack status\n" * commands.MOST) == (Status(),) * commands.MOST


def test_every_command_has_a_row_in_the_table_that_people_see() -> None:
    assert tuple(commands.COMMANDS) == tuple(each.name for each in commands.table())


@pytest.mark.parametrize("row", commands.table(), ids=lambda row: row.name)
def test_each_usage_is_understood_once_its_places_are_filled(row: object) -> None:
    usage = getattr(row, "usage")  # noqa: B009
    for place, value in {
        "[service…]": "web",
        "<service>": "web",
        "<duration>": "4h",
        "<sha>": SHA,
        "[url-path]": "/basket",
        " L": " l",
        " N": " 9",
        " S": f" {SHA}",
    }.items():
        usage = usage.replace(place, value)
    (said,) = commands.parse(usage.replace("[", "").replace("]", ""))
    assert said.kind == getattr(row, "name")  # noqa: B009


WORDS = st.sampled_from(
    [
        *commands.COMMANDS,
        *commands.OTHER_WORDS,
        "--label",
        "--ttl",
        "--sha",
        "--lines",
        "--label=x",
        "--with",
        "--with=#1",
        "acme/orders#12",
        ",",
        "-",
        "--",
        "=",
        "web",
        "4h",
        SHA,
        "`",
        "\u2014",
    ]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=8).map(" ".join))
def test_a_line_to_us_is_answered_by_exactly_one_command_or_refusal(words: str) -> None:
    line = "/devstack " + " ".join(words.split())
    said = commands.parse(line)
    assert len(said) == 1 or "<!--" in line or "-->" in line
    for each in said:
        if isinstance(each, Refusal):
            assert len(each.line) <= commands.LINE_SHOWN
            assert "`" not in each.line
            assert each.problem.count("`") % 2 == 0
            assert each.hint.count("`") % 2 == 0
            assert each.problem


@given(st.text(max_size=400))
def test_no_text_breaks_the_grammar_and_all_that_is_said_survives_the_queue(text: str) -> None:
    said = commands.parse(text)
    job = jobs.CommentMade("acme/shop", 7, 9, "ada", said, "d")
    assert jobs.from_json(jobs.to_json(job)) == job
