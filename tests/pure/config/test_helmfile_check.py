"""What keeps a helmfile from being run here, each with its file and line."""

from pathlib import Path

import pytest

from config.helmfile_check import check, problems_in
from config.problems import Problem

GOOD = """\
environments:
  default:
    values:
      - devstack_label: ""
---
# exec, hooks: and readFile in a comment are only words
releases:
  - name: orders-{{ .Values.devstack_label }}
    chart: ../charts/orders
    values:
      - image: {{ .Values.images.orders.ref | quote }}
        env: {{ .Values.env | toJson }}
      - ./values/{{ .Environment.Name }}.yaml
"""
ANCESTOR = """\
environments:
  default:
    values:
      - devstack_label: base
        ttl: 6h
releases:
  - name: app-{{ .Values.devstack_label }}
    chart: ./chart
    set:
      - name: ttl
        value: {{ .Values.ttl }}
"""


def found(text: str, name: str = "helmfile.yaml.gotmpl", **others: str) -> list[Problem]:
    return problems_in({name: text, **others}, name)


def test_a_helmfile_of_today_is_good() -> None:
    assert found(GOOD) == []


def test_a_helmfile_of_the_ancestors_convention_needs_two_changes_and_then_none() -> None:
    before = problems_in({"helmfile.yaml": ANCESTOR}, "helmfile.yaml")
    assert [(each.source, each.line) for each in before] == [("helmfile.yaml", 6), ("helmfile.yaml", 7)]
    parts, templating = before
    assert parts.message == "`releases` shares a part with `environments` (line 1); helmfile 1 refuses it"
    assert parts.suggestion == "put a line `---` before this one"
    assert templating.message.startswith("a template stands here (and on 1 more lines)")
    assert templating.suggestion == "rename the file to `helmfile.yaml.gotmpl`, also where it is named"
    assert found(ANCESTOR.replace("releases:", "---\nreleases:")) == []


def test_what_is_filled_in_per_release_needs_no_other_name() -> None:
    assert found("releases:\n  - name: a\n    values: ['{{ .Release.Name }}.yaml']\n", "helmfile.yaml") == []


def test_the_order_of_the_two_parts_does_not_matter() -> None:
    (problem,) = found("releases: []\nenvironments: {}\n")
    assert (problem.line, "`environments` shares a part with `releases`" in problem.message) == (2, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("    hooks:", "`hooks` runs commands"),
        ("  - hooks: [{command: id}]", "`hooks` runs commands"),
        ('    "hooks":', "`hooks` runs commands"),
        ("    postRenderer: ./x.sh", "`postRenderer` runs commands"),
        ("helmBinary: ./evil", "`helmBinary` runs commands"),
        ("  args: [--post-renderer=./x]", "the argument `--post-renderer` is refused"),
        ("  args: [--kube-context, other]", "the argument `--kube-context` is refused"),
        ("      - git::https://example.com/x.git@values.yaml", "is fetched from elsewhere"),
        ("  - path: https://example.com/helmfile.yaml", "is fetched from elsewhere"),
        ("      - ../other/values.yaml", "outside of the helmfile's folder"),
        ("      - /etc/passwd", "outside of the helmfile's folder"),
    ],
)
def test_a_helmfile_runs_and_fetches_nothing_of_its_own(line: str, said: str) -> None:
    (problem,) = problems_in({"deploy/helmfile.yaml.gotmpl": f"releases:\n{line}\n"}, "deploy/helmfile.yaml.gotmpl")
    assert (problem.line, said in problem.message) == (2, True)


@pytest.mark.parametrize(
    "action",
    ['{{ exec "id" (list) }}', '{{ readFile "/etc/passwd" }}', "{{- env `HOME` -}}", '{{ "x" | b64dec }}',
     '{{ (requiredEnv "A") }}', '{{\n  envExec (dict) "sh" (list) }}', '{{ fetchSecretValue "x" }}', "{{ if env }}{{ end }}"],
)  # fmt: skip
def test_template_functions_that_reach_out_are_refused(action: str) -> None:
    (problem, *_) = found(f"releases: []\nx: {action}\n")
    assert "the template function `" in problem.message
    assert problem.line in (2, 3)


@pytest.mark.parametrize(
    "action", ["{{ .Values.env }}", '{{ get "env" .Values }}', "{{/* exec */}}", "{{ .exec.x | quote }}", "{{ $env }}"]
)
def test_names_that_look_like_such_functions_are_fine(action: str) -> None:
    assert found(f"releases: []\nx: {action}\n") == []


@pytest.mark.parametrize(
    "value",
    [
        "ref+echo://x",
        "'a ref+exec://id b'",
        '"re\\x66+exec://id"',
        '"ref\\u002bexec://id"',
        '"re\\\n    f+exec://id"',
        '{{ "re" }}f+exec://id',
        '{{ "re" -}} {{- "f+file:///etc/passwd" }}',
        "{{ .Values.a }}+file:///etc/passwd",
        "{{ .Values.a }}f+vault://x",
        "secretref+vault://x",
    ],
)
def test_references_are_refused_also_when_they_come_in_pieces(value: str) -> None:
    (problem, *_) = found("releases: []\n", **{"values/a.yaml.gotmpl": f"x: 1\ny: {value}\n"})
    assert (problem.source, problem.message) == ("values/a.yaml.gotmpl", "a `ref+…` reference is refused")
    assert problem.line in (2, 3)


@pytest.mark.parametrize(
    "value", ["git+https://example.com/x", "git+ssh://x/y", "1 + 2", "https://example.com/a+b", "C++"]
)
def test_other_plus_signs_are_fine(value: str) -> None:
    assert found("releases: []\n", **{"values.yaml": f"x: {value}\n"}) == []


def test_values_may_be_called_hooks() -> None:
    assert found("releases: []\n", **{"values.yaml": "hooks: [a]\nlink: ../x\n"}) == []


def test_all_that_lies_beneath_the_helmfile_is_looked_through(tmp_path: Path) -> None:
    deploy = tmp_path / "deploy"
    (deploy / "chart" / "templates").mkdir(parents=True)
    (deploy / "chart" / "Chart.yaml").write_text("name: x\n")
    (deploy / "chart" / "values.yaml").write_text("a: ref+echo://x\n")
    (deploy / "chart" / "templates" / "a.yaml").write_text('a: {{ env "X" }} ref+echo://x\n')
    (deploy / "more").mkdir()
    (deploy / "more" / "helmfile.yaml").write_text("releases:\n- name: a\n  hooks: []\n")
    (deploy / "helmfile.yaml.gotmpl").write_text(GOOD.replace("../charts", "./charts"))
    (tmp_path / "elsewhere.yaml").write_text("a: ref+echo://x\n")
    (deploy / "out.yaml").symlink_to("/etc/hostname")
    problems = check(tmp_path, "deploy/helmfile.yaml.gotmpl")
    assert [(each.source, each.line) for each in problems] == [
        ("deploy/out.yaml", 0),
        ("deploy/chart/values.yaml", 1),
        ("deploy/more/helmfile.yaml", 3),
    ]


def test_a_helmfile_that_is_not_there_is_a_problem_of_the_config(tmp_path: Path) -> None:
    (problem,) = check(tmp_path, "helmfile.yaml")
    assert (problem.path, problem.message) == ("helmfile", "there is no file `helmfile.yaml`")


def test_a_huge_values_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "helmfile.yaml").write_text("releases: []\n")
    (tmp_path / "big.yaml").write_text("x" * ((1 << 20) + 1))
    assert [each.message for each in check(tmp_path, "helmfile.yaml")] == ["the file is larger than 1 MiB"]


def test_the_examples_are_good() -> None:
    root = Path(__file__).parents[3] / "examples" / "shop" / "orders"
    assert check(root, "helmfile.yaml.gotmpl") == []
