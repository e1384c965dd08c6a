"""Files that are no config at all, and files that were made to do harm."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import yaml_lines
from config.project import ConfigError, Problem, Project, parse
from config.yaml_lines import SIZE_MOST


def only(text: str | bytes) -> Problem:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    return problem


def told(text: str | bytes) -> Project | tuple[Problem, ...]:
    try:
        return parse(text)
    except ConfigError as error:
        return error.problems


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", b"", b"\xef\xbb\xbf", "---\n", "---\n...\n"])
def test_an_empty_file_says_so(text: str | bytes) -> None:
    assert only(text).message in ("the file is empty", "a mapping with `services:` is wanted")


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: [", 1, 5, "not YAML"),
        ("services:\n\tweb: 1\n", 2, 1, "a tab stands where YAML wants spaces"),
        ("a: 1\n b: 2\n", 2, 3, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("a: !!python/object/apply:os.system [id]\n", 1, 4, "the tag `!!python/object/apply:os.system` is not supported"),
        ("a: !custom x\n", 1, 4, "the tag `!custom` is not supported"),
        ("a: &x 1\n", 1, 4, "the anchor `&x` is not supported"),
        ("a: \x01\n", 1, 4, "the character U+0001 is not allowed"),
        (b"a: 1\nb: \xff\n", 2, 4, "the byte 0xff is not UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "the byte 0xff is not UTF-8"),
        ("[1, 2]\n", 1, 1, "a mapping with `services:` is wanted"),
        ("just words\n", 1, 1, "a mapping with `services:` is wanted"),
    ],
)
def test_what_is_no_config_is_named_with_its_place(text: str | bytes, line: int, column: int, message: str) -> None:
    problem = only(text)
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


def test_a_key_that_is_set_twice_is_named_with_both_lines() -> None:
    problem = only("services:\n  web: {}\ndeploy: open\ndeploy: command\n")
    assert (problem.line, problem.path, problem.message) == (4, "deploy", "`deploy` is set twice, first on line 3")


def test_anchors_and_aliases_are_named_where_they_stand() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("services:\n  a: &x {}\n  b: *x\n")
    assert [(each.line, each.column) for each in caught.value.problems] == [(2, 6), (3, 6)]


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    assert only(b"a" * (SIZE_MOST + 1)).message == "the file has 65,537 bytes, at most 65,536 are read"
    assert "bytes" in only("é" * (SIZE_MOST // 2 + 1)).message


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "a: &a [*a]\n",
        "&a {x: *a}\n",
        "[" * 60_000,
        "{a: " * 15_000,
        "- " * 30_000,
        "? " * 30_000,
        "a:\n" + "".join(f"{' ' * depth}- \n" for depth in range(1, 300)),
        "services: {web: {port: " + "9" * 60_000 + "}}",
        "x: " + "'" * 60_000,
        "&x " * 20_000,
        "".join(f"k{number}: 1\n" for number in range(6000)),
    ],
    ids=["bomb", "cycle", "root cycle", "brackets", "braces", "dashes", "questions", "stairs", "digits", "quotes",
         "anchors", "keys"],
)  # fmt: skip
def test_a_file_made_to_do_harm_is_refused_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ConfigError):
        parse(text)
    assert time.process_time() - started < 5.0


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=300) | st.binary(max_size=200))
def test_any_text_is_a_project_or_a_config_error(text: str | bytes) -> None:
    found = told(text)
    assert isinstance(found, Project) or found


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=12)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_keys = ("build", "watch", "hosts", "port", "health", "env", "context", "dockerfile", "target", "args")


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(_keys), _values, max_size=4), st.sampled_from(_keys), _values)
def test_values_of_any_kind_are_a_project_or_problems_with_lines(
    service: dict[str, object], key: str, value: object
) -> None:
    import yaml

    text = yaml.safe_dump({"services": {"web": service, "b": {key: value}}, key: value}, allow_unicode=True)
    found = told(text)
    assert isinstance(found, Project) or all(each.message and each.line > 0 for each in found)


def test_places_are_those_of_keys_and_values() -> None:
    tree = yaml_lines.read("a:\n  - x\n  - {b: 1}\n")
    assert tree.place(("a", 1, "b")) == (3, 9)
    assert tree.place(("a", 1, "b"), key=True) == (3, 6)
    assert tree.place(("a", 1, "missing")) == (3, 5)
    assert tree.place(("nowhere",)) == (1, 1)
