"""What keeps a helmfile from being run here, each with its file and line."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from config import helmfile_files, helmfile_state
from config.helmfile_check import charts_elsewhere, check, check_built, names_templates, problems_in
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
    chart: ./charts/orders
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


RUN_AND_FETCHED = [
    ("    hooks: [{command: id}]", "`hooks` runs commands"),
    ('    "hooks":', "`hooks` runs commands"),
    ("    postRenderer: ./x.sh", "`postRenderer` runs commands"),
    ("    transformers: [./x.yaml]", "`transformers` runs commands"),
    ("    kubeContext: other", "`kubeContext` leads to another cluster"),
    ("    env: [{name: a, value: HOME}]", "`env` reads the bot's environment"),
    ("    keyring: /etc/passwd", "`keyring` reads files"),
    ("    valuesPathPrefix: /etc/", "`valuesPathPrefix` changes where paths lead"),
    ("    syncArgs: [--post-renderer=./x]", "the argument `--post-renderer` is refused"),
    ("    syncArgs: [--kube-context, other]", "the argument `--kube-context` is refused"),
    ('    syncArgs: ["--atomic --set-file a=/etc/passwd"]', "the argument `--set-file` is refused"),
    ("    syncArgs: [-f/etc/passwd]", "the argument `-f/etc/passwd` is refused"),
    ("    values: [git::https://example.com/x.git@values.yaml]", "is fetched from elsewhere"),
    ("    chart: git::https://example.com/x.git@chart", "is fetched from elsewhere"),
    ("    chart: /srv/charts/x", "`/srv/charts/x` leads out of the repository"),
    ("    chart: ../../charts/x", "`../../charts/x` leads out of the repository"),
    ("    values: [../other/values.yaml]", "outside of the helmfile's folder"),
    ('    values: ["/etc/passwd"]', "`/etc/passwd` leads out of the repository"),
    ("    values: ['{{ .Values.x }}', ../../../etc/passwd]", "`../../../etc/passwd` leads out of the repository"),
    ('    values: ["/var/{{ .Values.x }}/token"]', "`/var/…/token` leads out of the repository"),
    ("    secrets: [/etc/passwd]", "leads out of the repository"),
    ("    strategicMergePatches: [/etc/passwd]", "leads out of the repository"),
    ("    jsonPatches: [/etc/passwd]", "leads out of the repository"),
    ("    set: [{name: x, file: /var/run/secrets/token}]", "`file` under `set` reads files"),
    ("    setTemplate: [{name: x, file: a.txt}]", "`file` under `setTemplate` reads files"),
    ("    <<: {hooks: []}", "`hooks` runs commands"),
    ("    values: ['a[^b].yaml']", "has a character that may mean more"),
]


@pytest.mark.parametrize(("line", "said"), RUN_AND_FETCHED)
def test_a_helmfile_runs_and_fetches_nothing_of_its_own(line: str, said: str) -> None:
    text = f"releases:\n  - name: x\n{line}\n"
    (problem,) = problems_in({"deploy/helmfile.yaml.gotmpl": text}, "deploy/helmfile.yaml.gotmpl")
    assert (problem.line, problem.source) == (3, "deploy/helmfile.yaml.gotmpl")
    assert said in problem.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("environments: {default: {values: [/etc/passwd]}}\n", "leads out of the repository"),
        ("environments:\n  hooks: {values: [a.yaml]}\n", ""),
        ("bases: [/etc/passwd]\n", "leads out of the repository"),
        ("helmfiles: [{path: https://example.com/helmfile.yaml}]\n", "is fetched from elsewhere"),
        ("helmfiles: [{path: a.yaml, values: [/etc/passwd]}]\n", "leads out of the repository"),
        ("helmfiles: [/etc/helmfile.yaml]\n", "leads out of the repository"),
        ("helmBinary: ./evil\n", "`helmBinary` runs commands"),
        ("helmDefaults: {args: [--kubeconfig=x]}\n", "the argument `--kubeconfig` is refused"),
        ("repositories: [{name: a, url: https://x, caFile: /etc/x}]\n", "`caFile` reads files"),
        ("templates: {a: &a {values: [/etc/x]}}\nreleases: [{<<: *a}]\n", "leads out of the repository"),
        ("releases: [{name: a, chart: oci://x/y}, {name: b, chart: r/c}, {name: c, chart: https://x/c.tgz}]\n", ""),
        ("releases: [{name: a, values: [{hooks: [], file: /etc/x, values: [/etc/x]}]}]\n", ""),
    ],
)
def test_all_of_a_state_is_read_as_data(text: str, said: str) -> None:
    found = problems_in({"helmfile.yaml": text}, "helmfile.yaml")
    assert [said in each.message for each in found] == ([True] if said else [])


def test_a_state_that_is_yaml_only_when_rendered_is_looked_through_line_by_line() -> None:
    said = [
        each.message for each in found("releases:\n- {{ if .a }}x: 1{{ else }}x: 2{{ end }}\n  hooks: 1\n  values: [a]\n")
    ]
    assert [message.partition(",")[0] for message in said] == [
        "`hooks` runs commands on the bot's machine and is refused",
        "the list of `values` cannot be read",
    ]


def test_a_circle_of_aliases_and_a_deep_nest_end() -> None:
    assert found("releases: &a\n  - *a\n") == []
    assert isinstance(found("releases: " + "[" * 100_000 + "\n"), list)


def test_how_deep_a_state_may_be_nested_has_an_end() -> None:
    for depth, fits in ((90, True), (110, False)):
        text = "releases:\n  " + "[" * depth + "]" * depth + "\n"
        for look in (helmfile_state.findings, lambda text: list(helmfile_state.scalars(text))):
            with (
                nullcontext() if fits else pytest.raises(yaml.YAMLError, match="line 2 is nested deeper than 100 levels")
            ):
                look(text)


@pytest.mark.parametrize(
    "action",
    ['{{ exec "id" (list) }}', '{{ readFile "/etc/passwd" }}', "{{- env `HOME` -}}", '{{ "x" | b64dec }}',
     '{{ (requiredEnv "A") }}', '{{\n  envExec (dict) "sh" (list) }}', '{{ fetchSecretValue "x" }}', "{{ if env }}{{ end }}",
     '{{ if isFile "/etc/passwd" }}{{ end }}', "{{ now | unixEpoch }}", "{{ randInt 0 2 }}", '{{ tpl "x" . }}',
     '{{ tpl "{{ fetchSecretValue \\"x\\" }}" . }}', '{{`{{ exec "id" }}`}}', '{{ genPrivateKey "rsa" }}'],
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
    (deploy / "node_modules").mkdir()
    (deploy / "node_modules" / "evil.conf").write_text("# innocent\na: secretref+exec://id\n")
    (deploy / "page.js").write_text("location.href+'#top'\n")
    (deploy / "helmfile.yaml.gotmpl").write_text(GOOD)
    (tmp_path / "elsewhere.yaml").write_text("a: ref+echo://x\n")
    (deploy / "out.yaml").symlink_to("/etc/hostname")
    (deploy / "folder").symlink_to("/etc")
    problems = check(tmp_path, "deploy/helmfile.yaml.gotmpl")
    assert sorted((each.source, each.line) for each in problems) == [
        ("deploy/chart/templates/a.yaml", 1),
        ("deploy/chart/values.yaml", 1),
        ("deploy/folder", 0),
        ("deploy/more/helmfile.yaml", 3),
        ("deploy/node_modules/evil.conf", 2),
        ("deploy/out.yaml", 0),
    ]
    spared = check(tmp_path, "deploy/helmfile.yaml.gotmpl", skipped=helmfile_files.RARELY_COMMITTED)
    assert "deploy/node_modules/evil.conf" not in {each.source for each in spared}


def test_a_chart_from_another_folder_is_looked_through_for_links(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "charts" / "a").mkdir(parents=True)
    (tmp_path / "charts" / "a" / "token").symlink_to("/etc/hostname")
    text = "releases: [{name: a, chart: ../charts/a}, {name: b, chart: ./b}, {name: c, chart: r/c}]\n"
    (tmp_path / "deploy" / "helmfile.yaml").write_text(text)
    assert charts_elsewhere("deploy/helmfile.yaml", {"deploy/helmfile.yaml": text}) == ["charts/a"]
    (problem,) = check(tmp_path, "deploy/helmfile.yaml")
    assert (problem.source, problem.message) == ("charts/a/token", "`charts/a/token` leads out of the repository")


def test_a_helmfile_that_is_not_there_is_a_problem_of_the_config(tmp_path: Path) -> None:
    (problem,) = check(tmp_path, "helmfile.yaml")
    assert (problem.path, problem.message) == ("helmfile", "there is no file `helmfile.yaml`")


def test_a_huge_values_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "helmfile.yaml").write_text("releases: []\n")
    (tmp_path / "big.yaml").write_text("x" * ((1 << 20) + 1))
    assert [each.message for each in check(tmp_path, "helmfile.yaml")] == ["the file is larger than 1 MiB"]


def test_the_examples_are_good(tmp_path: Path) -> None:
    root = Path(__file__).parents[3] / "examples" / "shop" / "orders"
    alone = shutil.copytree(
        root, tmp_path / "orders"
    )  # links become what they lead to, as in the repository it stands for
    assert check(alone, "helmfile.yaml.gotmpl") == []


def built(top: Path, text: str, name: str = "deploy/helmfile.yaml") -> str:
    return f"---\n#  Source: {top}/{name}\n\n{text}"


def test_what_helmfile_made_of_it_is_held_to_the_same_rules(tmp_path: Path) -> None:
    deploy = tmp_path / "deploy"
    deploy.mkdir()
    (deploy / "good.conf").write_text("a: 1\n")
    (deploy / "evil-1.conf").write_text("a: b\nb: ref+exec://id\n")
    (deploy / "late.gotmpl").write_text('a: {{ readFile "/etc/passwd" }}\n')
    (deploy / "out").symlink_to("/etc/hostname")
    text = """\
releases:
  - name: a
    chart: ../chart
    values: [good.conf, missing.yaml, 'evil-?.conf', late.gotmpl, out, {x: "re\\x66+exec://id"}, /etc/passwd]
    set: [{name: x, file: y}]
renderedvalues: {hooks: [a]}
"""
    said = [
        (each.source, each.path, each.message)
        for each in check_built(tmp_path, "deploy/helmfile.yaml", built(tmp_path, text))
    ]
    assert said == [
        ("deploy/helmfile.yaml", "", "a `ref+…` reference is refused: `ref+exec://id`"),
        ("deploy/evil-1.conf", "", "a `ref+…` reference is refused"),
        ("deploy/late.gotmpl", "", "the template function `readFile` is refused"),
        ("deploy/out", "", "`deploy/out` leads out of the repository"),
        ("deploy/helmfile.yaml", "releases[0].values", "`/etc/passwd` leads out of the repository"),
        ("deploy/helmfile.yaml", "releases[0].set", "`file` under `set` reads files of the bot's machine and is refused"),
    ]


def test_a_good_rendering_is_good_and_one_that_cannot_be_read_is_not(tmp_path: Path) -> None:
    good = built(tmp_path, "releases: [{name: a, chart: ./chart, values: [a.yaml, {b: c}]}]\n")
    assert (
        check_built(tmp_path, "deploy/helmfile.yaml", good + built(tmp_path, "releases: []\n", "deploy/sub/a.yaml")) == []
    )
    assert not names_templates(good)
    for late in ("b.yaml.gotmpl", "values/*"):
        assert names_templates(good + built(tmp_path, f"releases: [{{values: ['{late}']}}]\n", "deploy/sub/a.yaml"))
    assert "cannot be read" in check_built(tmp_path, "helmfile.yaml", "releases: []\n")[0].message
    assert "cannot be read" in check_built(tmp_path, "helmfile.yaml", built(tmp_path, "a: [\n"))[0].message
    away = check_built(tmp_path, "helmfile.yaml", "---\n#  Source: /tmp/cache/helmfile.yaml\n\nreleases: []\n")
    assert [each.message for each in away] == [
        "`/tmp/cache/helmfile.yaml` is a helmfile from elsewhere, which is refused"
    ]
