"""Which services a change touches."""

import pytest

from config.project import Project, parse
from workers.faults import UserFault
from workers.pipeline import plan

TWO = """
services:
  web:
    build: {context: web, dockerfile: web/Dockerfile}
  api:
    build: {context: api, dockerfile: docker/api.Dockerfile}
    watch: ["api/**", "shared/*.py"]
"""


@pytest.fixture
def project() -> Project:
    return parse(TWO)


@pytest.mark.parametrize(
    ("paths", "touched"),
    [
        (["web/app.py"], ("web",)),
        (["web/deep/er/app.py"], ("web",)),
        (["webby/app.py"], ()),
        (["api/x", "web/x"], ("web", "api")),
        (["shared/one.py"], ("api",)),
        (["shared/deep/one.py"], ()),
        (["docker/api.Dockerfile"], ()),
        (["README.md"], ()),
        ([], ()),
    ],
)
def test_paths_touch_the_services_that_watch_them(project: Project, paths: list[str], touched: tuple[str, ...]) -> None:
    assert plan.touched(project, project, paths) == touched


def test_the_config_itself_touches_those_whose_entry_changed(project: Project) -> None:
    before = parse(TWO.replace("shared/*.py", "shared/*.go"))
    assert plan.touched(project, before, [".devstack.yaml"]) == ("api",)
    assert plan.touched(project, project, [".devstack.yaml"]) == ()
    assert plan.touched(project, None, [".devstack.yaml"]) == ("web", "api")


def test_without_patterns_the_context_and_the_dockerfile_are_watched() -> None:
    assert plan.watched(parse("services: {web: {}}").services["web"]) == ("**", "Dockerfile")


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("app/**", "app/x/y", True),
        ("app/", "app/x", True),
        ("app", "app", True),
        ("*.py", "a.py", True),
        ("*.py", "x/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "x/y/a.py", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.c", "abc", False),
        ("./app/**", "app/x", True),
        ("[x]", "x", False),
    ],
)
def test_patterns(glob: str, path: str, fits: bool) -> None:
    assert plan.matches(path, [glob]) is fits


def test_services_that_are_asked_for_replace_those_that_are_touched(project: Project) -> None:
    assert plan.chosen(project.services, ("api",), ("web",)) == ("api",)
    assert plan.chosen(project.services, (), ("web",)) == ("web",)


def test_an_unknown_service_is_refused_with_what_was_meant(project: Project) -> None:
    with pytest.raises(UserFault) as refused:
        plan.chosen(project.services, ("wep",), ())
    assert "`wep`" in refused.value.explanation
    assert "Did you mean `web`?" in refused.value.remedy
