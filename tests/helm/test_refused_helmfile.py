"""A pull request's helmfile against the real helmfile: what would run here is refused before anything of it ran."""

import socket
from pathlib import Path

import pytest
import yaml

from config.helmfile_check import check, check_built
from tests.helm.conftest import Tools
from workers.faults import UserFault
from workers.tools.helmfile import Helmfile
from workers.tools.process import Runner

HELMFILE = "helmfile.yaml.gotmpl"
STATE = """\
releases:
  - name: app
    namespace: {{ .Values.namespace }}
    chart: ./app
    values:
      - a: {{ .Values.devstack_label | quote }}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "app" / "templates").mkdir(parents=True)
    (root / "app" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (root / "app" / "templates" / "a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {{ .Values | toYaml | nindent 2 }}\n"
    )
    (root / HELMFILE).write_text(STATE)
    (tmp_path / "values.yaml").write_text("devstack_label: feature1\nnamespace: n\n")
    return root


def helmfile(repository: Path, tools: Path) -> Helmfile:
    return Helmfile(Runner(repository.parent / "home", str(tools)))


def built(repository: Path, tools: Path) -> str:
    return helmfile(repository, tools).built(repository / HELMFILE, repository.parent / "values.yaml", "n")


def tried(repository: Path, tools: Path) -> str | None:
    return helmfile(repository, tools).tried(repository / HELMFILE, repository.parent / "values.yaml")


def refused(repository: Path, tools: Path) -> list[str]:
    """What is wrong with what helmfile makes of it; nothing may have run for that."""
    found = [each.message for each in check_built(repository, HELMFILE, built(repository, tools))]
    assert not (repository.parent / "mark").exists()
    return found


def test_a_good_helmfile_is_good_as_written_and_as_rendered(repository: Path, tools_folder: Path) -> None:
    assert check(repository, HELMFILE) == []
    assert "a: feature1" in built(repository, tools_folder)
    assert refused(repository, tools_folder) == []


def test_helmfile_runs_what_a_values_file_of_any_name_refers_to(repository: Path, tools: Tools) -> None:
    """Why there is a check at all: helmfile's own switches do not keep it from this."""
    evil = f"a: ref+exec:///usr/bin/touch?args={repository.parent}/mark\n"
    (repository / "evil.conf").write_text(evil)
    (repository / HELMFILE).write_text(STATE + "      - evil.conf\n")
    tools.helmfile(repository / HELMFILE, {"devstack_label": "", "namespace": "n"})
    assert (repository.parent / "mark").exists()


@pytest.mark.parametrize("name", ["evil.conf", "node_modules/a/evil.yaml", "app/templates/evil.txt"])
def test_a_file_of_any_name_and_place_is_refused_before_anything_ran(
    repository: Path, tools_folder: Path, name: str
) -> None:
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# first\na: ref+exec:///usr/bin/touch?args={repository.parent}/mark\n")
    (repository / HELMFILE).write_text(STATE + f"      - {name}\n")
    assert [(each.source, each.line) for each in check(repository, HELMFILE)] == [(name, 2)]
    assert refused(repository, tools_folder) == ["a `ref+…` reference is refused"]


def test_what_a_template_puts_together_is_seen_in_the_rendering(repository: Path, tools_folder: Path) -> None:
    mark = f"/usr/bin/touch?args={repository.parent}/mark"
    (repository / "evil.bin").write_text(f"a: ref+exec://{mark}\n")
    (repository / "evil.conf").symlink_to("evil.bin")
    hidden = f"""\
      - b: {{{{ list "ref" "exec://{mark}" | join "+" | quote }}}}
      - {{{{ print "ev" "il.conf" }}}}
      - {{{{ print "/et" "c/passwd" }}}}
    {{{{ print "ho" "oks" }}}}: []
    set: [{{name: x, {{{{ print "fi" "le" }}}}: /etc/hostname}}]
"""
    (repository / HELMFILE).write_text(STATE + hidden)
    inline, from_file, outside, file = refused(repository, tools_folder)
    assert inline.startswith("a `ref+…` reference is refused: `ref+exec:///usr/bin/touch")
    assert from_file == "a `ref+…` reference is refused"
    assert outside == "`/etc/passwd` leads out of the repository"
    assert file == "`file` under `set` reads files of the bot's machine and is refused"


def test_a_part_that_lies_elsewhere_is_refused(repository: Path, tools_folder: Path) -> None:
    outside = repository.parent / "outside.yaml"
    outside.write_text("releases: []\n")
    (repository / HELMFILE).write_text(STATE + f'---\nhelmfiles: [{{path: {{{{ print "{outside}" }}}}}}]\n')
    found = refused(repository, tools_folder)
    assert f"`{outside}` is a helmfile from elsewhere, which is refused" in found


GOOD_VALUES = 'label: {{ .Values.devstack_label }}\nrelease: {{ .Release.Name | upper }}\nplus: {{ print "1" "+" "2" }}\n'


def test_a_good_values_template_is_filled_in_where_nothing_can_be_reached(repository: Path, tools_folder: Path) -> None:
    (repository / "good.yaml.gotmpl").write_text(GOOD_VALUES)
    (repository / "plain.conf").write_text("from: file\n")
    (repository / HELMFILE).write_text(STATE + "      - good.yaml.gotmpl\n      - plain.conf\n")
    assert refused(repository, tools_folder) == []
    (state,) = [each for each in yaml.safe_load_all(str(tried(repository, tools_folder))) if each]
    assert state["releases"][0]["values"] == [
        {"a": "feature1"}, {"label": "feature1", "release": "APP", "plus": "1+2"}, {"from": "file"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scheme", "rest"),
    [
        ("exec", "/usr/bin/touch?args=MARK"),
        ("exec", "touch/MARK"),
        ("file", "/etc/hostname"),
        ("file", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("vault", "secret/x?address=http://127.0.0.1:PORT#/y"),
    ],
)
def test_a_values_template_that_puts_a_reference_together_reaches_nothing(
    repository: Path, tools_folder: Path, scheme: str, rest: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        rest = rest.replace("MARK", str(repository.parent / "mark")).replace("PORT", str(server.getsockname()[1]))
        late = f'a: {{{{ list "ref" "{scheme}://{rest}" | join (printf "%c" 43) }}}}\n'
        (repository / "late.yaml.gotmpl").write_text(late)
        (repository / HELMFILE).write_text(STATE + "      - late.yaml.gotmpl\n")
        assert check(repository, HELMFILE) == []
        assert refused(repository, tools_folder) == []
        with pytest.raises(UserFault) as caught:
            tried(repository, tools_folder)
        assert caught.value.title == "The helmfile cannot be run here"
        assert not (repository.parent / "mark").exists()
        with pytest.raises(TimeoutError):
            server.accept()
