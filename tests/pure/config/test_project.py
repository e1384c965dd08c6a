"""`.devstack.yaml` in, a Project or every problem at once out."""

import textwrap

import pytest

from config.project import ConfigError, Problem, Project, parse

MINIMAL = "services: {web: {hosts: [example.com]}}\n"


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(textwrap.dedent(text) if isinstance(text, str) else text)
    return caught.value.problems


def only(text: str | bytes) -> Problem:
    found = problems(text)
    assert len(found) == 1, [str(each) for each in found]
    return found[0]


def test_the_least_config_has_sensible_defaults() -> None:
    project = parse(MINIMAL)
    web = project.services["web"]
    assert (web.build.context, web.build.dockerfile, web.build.target, web.build.args) == (".", "Dockerfile", None, {})
    assert (web.watch, web.hosts, web.port, web.health, web.env) == ((), ("example.com",), 8080, None, {})
    assert (project.helmfile, project.namespace, project.ttl, project.deploy) == (None, "stack", None, "open")
    assert (project.header, project.base.deploy, project.base.namespace) == (None, False, "")


def test_a_full_config_is_read_as_written() -> None:
    project = parse(
        textwrap.dedent("""\
            services:
              orders:
                build: {context: ./svc//orders/, dockerfile: svc/Dockerfile, target: runtime, args: {PY: "3.12"}}
                watch: ["svc/orders/**", go.mod]
                hosts: [example.com, api.example.org]
                port: 9000
                health: /healthz
                env: {URL: "http://x", EMPTY: ""}
            helmfile: deploy/helmfile.yaml.gotmpl
            namespace: base
            ttl: 1d12h
            deploy: command
            header: x-context
            base: {deploy: true, namespace: shop}
        """)
    )
    orders = project.services["orders"]
    assert (orders.build.context, orders.build.dockerfile) == ("svc/orders", "svc/Dockerfile")
    assert (orders.build.target, orders.build.args) == ("runtime", {"PY": "3.12"})
    assert orders.watch == ("svc/orders/**", "go.mod")
    assert orders.hosts == ("example.com", "api.example.org")
    assert (orders.port, orders.health, orders.env) == (9000, "/healthz", {"URL": "http://x", "EMPTY": ""})
    assert (project.helmfile, project.namespace, project.ttl) == ("deploy/helmfile.yaml.gotmpl", "base", 129_600)
    assert (project.deploy, project.header, project.base.namespace) == ("command", "x-context", "shop")


def test_the_dockerfile_is_looked_for_in_the_context() -> None:
    project = parse("services: {a: {build: {context: services/a}}}")
    assert project.services["a"].build.dockerfile == "services/a/Dockerfile"


def test_bytes_with_a_mark_and_windows_lines_are_read() -> None:
    assert parse(b"\xef\xbb\xbfservices:\r\n  web: {}\r\n").services["web"].port == 8080


def test_a_project_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse(MINIMAL).ttl = 3  # type: ignore[misc]  # that is the point


def test_what_cannot_be_read_deploys_when_opened() -> None:
    assert (Project.unreadable().services, Project.unreadable().deploy) == ({}, "open")


def test_equal_services_are_equal_wherever_they_stand() -> None:
    assert parse(MINIMAL).services["web"] == parse("# x\n\n" + MINIMAL).services["web"]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    found = problems("""\
        services:
          Web:
            host: example.com
            port: "80"
            env: {A: on, B: 1.10}
            build: {context: ../x, dockerfle: y}
          b: {hosts: [Example.com, "https://a.com/x", a.com]}
          c: {hosts: a.com}
          c: {}
        deploy: on
        ttl: 6
        namespace: base
        foo: 1
        """)
    assert [(each.line, each.path) for each in found] == [
        (2, "services.Web"),
        (3, "services.Web.host"),
        (4, "services.Web.port"),
        (5, "services.Web.env.A"),
        (5, "services.Web.env.B"),
        (6, "services.Web.build.context"),
        (6, "services.Web.build.dockerfle"),
        (7, "services.b.hosts[0]"),
        (7, "services.b.hosts[1]"),
        (8, "services.c.hosts"),
        (9, "services.c"),
        (10, "deploy"),
        (11, "ttl"),
        (12, "namespace"),
        (13, "foo"),
    ]


def test_a_problem_spells_where_what_and_what_was_meant() -> None:
    assert str(only("services:\n  web:\n    host: [a.com]\n")) == (
        ".devstack.yaml:3:5 services.web.host: unknown key `host` (did you mean `hosts`?)"
    )


@pytest.mark.parametrize(
    ("entry", "path", "message", "suggestion"),
    [
        ("hosts: a.com", "hosts", "a list is wanted, this is a text", "did you mean `[a.com]`?"),
        ("hosts: [localhost]", "hosts[0]", "is not a host name", ""),
        ("hosts: ['*.a.com']", "hosts[0]", "is not a host name", "did you mean `a.com`?"),
        ("hosts: ['a.com:80']", "hosts[0]", "is not a host name", "did you mean `a.com`?"),
        ("hosts: [10.0.0.1]", "hosts[0]", "is an address", "`<label>.<host>`"),
        (f"hosts: [{'a.' * 107}com]", "hosts[0]", "at most 212", ""),
        ("hosts: [a.com, a.com]", "hosts[1]", "belongs to this service already (line 3)", ""),
        ("port: -1", "port", "-1 is not between 0 and 65535", ""),
        ("port: 65536", "port", "65536 is not between", ""),
        ("port: true", "port", "a number is wanted, this is a boolean", ""),
        ("port: 80.5", "port", "a number is wanted", ""),
        ("port: '80'", "port", "a number is wanted, this is a text", "without quotes: `80`"),
        ("health: healthz", "health", "is not a path", "did you mean `/healthz`?"),
        ("health: http://x/y", "health", "is not a path", ""),
        ("env: {A: yes}", "env.A", "YAML reads `yes` as a boolean", '"yes"'),
        ("env: {A: true}", "env.A", "a text is wanted, this is a boolean", '"true"'),
        ("env: {A: 0x10}", "env.A", "a text is wanted, this is a number", '"0x10"'),
        ("env: {A: }", "env.A", "there is no value", ""),
        ("env: {A: [1]}", "env.A", "a text is wanted, this is a list", ""),
        ("env: {A-B: x}", "env.A-B", "cannot be a variable's name", ""),
        ("env: {NO: x}", "env", "YAML reads the key `NO` as a boolean", '"NO"'),
        ("env: {1: x}", "env", "YAML reads the key `1` as no text", '"1"'),
        ("env: [A]", "env", "a mapping is wanted, this is a list", "`key: value`"),
        ("watch: ['!x']", "watch[0]", "excludes", "list what is watched"),
        ("watch: ['x[ab]']", "watch[0]", "brackets", ""),
        ("watch: [../x/**]", "watch[0]", "leaves its folder", ""),
        ("build: .", "build", "a mapping is wanted, this is a text", ""),
        ("build: {context: /etc}", "build.context", "is an absolute path", "root"),
        ("build: {context: ~/x}", "build.context", "is an absolute path", ""),
        ("build: {context: a/../../b}", "build.context", "leaves its folder", ""),
        (r"build: {context: 'a\b'}", "build.context", "has a backslash", "did you mean `a/b`?"),
        ("build: {context: ''}", "build.context", "the path is empty", "write `.`"),
        ("build: {context: --x}", "build.context", "begins with `-`", ""),
        ("build: {context: .git/hooks}", "build.context", "git's own", ""),
        ("build: {dockerfile: ../Dockerfile}", "build.dockerfile", "leaves its folder", ""),
        ("build: {target: --help}", "build.target", "cannot be a stage", ""),
        ("build: {args: {1A: x}}", "build.args.1A", "cannot be a variable's name", ""),
        ("dockerfile: Dockerfile", "dockerfile", "unknown key", "it belongs under `build`"),
        ("environment: {}", "environment", "unknown key", "did you mean `env`?"),
        ("resources: {}", "resources", "a list is wanted", ""),
        ("resources: [{kind: sqz, name: a}]", "resources[0]", "there is no kind `sqz`", "did you mean `sqs`?"),
        ("resources: [{name: a}]", "resources[0]", "`kind` is missing", "one of `sqs`"),
        (
            "resources: [{kind: sqs, name: a, fito: true}]",
            "resources[0].fito",
            "unknown key `fito`",
            "did you mean `fifo`?",
        ),
        (
            "resources: [{kind: sqs, name: a, dlq: {maxReceives: 2, max: 3}}]",
            "resources[0].dlq.max",
            "unknown key `max`",
            "known here: `maxReceives`",
        ),
        ("resources: [{kind: sqs, name: 'a b'}]", "resources[0].name", "string should match pattern", ""),
        ("resources: [{kind: sqs, name: a, fifo: 'yes'}]", "resources[0].fifo", "`true` or `false` is wanted", ""),
        (
            "resources: [{kind: sqs, name: a, env: A}, {kind: sns, name: b, env: A}]",
            "resources[1]",
            "the variable `A` is given by sqs `a` and by sns `b`",
            "Give one of them another name",
        ),
        ("{port: 0, hosts: [a.com]}", "port", "a service with hosts takes requests", "leave out `port` or `hosts`"),
    ],
)
def test_a_wrong_value_of_a_service(entry: str, path: str, message: str, suggestion: str) -> None:
    found = only(f"services:\n  web:\n    {entry}\n")
    assert (found.line, found.path) == (3, f"services.web.{path}")
    assert message in found.message
    assert suggestion in found.suggestion
    assert bool(suggestion) <= bool(found.suggestion)


@pytest.mark.parametrize(
    ("entry", "path", "message", "suggestion"),
    [
        ("ttl: 0s", "ttl", "a minute at least, this is 0 seconds", ""),
        ("ttl: 10s", "ttl", "a minute at least, this is 10 seconds", ""),
        ("ttl: 31d", "ttl", "30 days at most", ""),
        ("ttl: 6", "ttl", "`6` is not a duration", "did you mean `6h`?"),
        ("ttl: 6 hours", "ttl", "is not a duration", "did you mean `6h`?"),
        ("ttl: 1:30", "ttl", "is not a duration", ""),
        ("ttl: 6.5h", "ttl", "is not a duration", ""),
        ("ttl: yes", "ttl", "a duration is wanted", "such as `6h`"),
        ("ttl: [6h]", "ttl", "a duration is wanted", ""),
        ("deploy: on", "deploy", "YAML reads `on` as a boolean", "`open` or `command`"),
        ("deploy: opened", "deploy", "`opened` is not possible here", "did you mean `open`?"),
        ("deploy: {on: open}", "deploy", "a mapping is not possible here", "known here"),
        ("deploy: 1", "deploy", "`1` is not possible here", "known here: `open`, `command`"),
        ("namespace: own", "namespace", "`own` is not possible here", "known here: `stack`, `base`"),
        ("namespace: base", "namespace", "needs to know the base application's namespace", "add `base:"),
        ("base: {deploy: true}", "base.deploy", "needs to know the base application's namespace", ""),
        ("base: {deploy: 'yes'}", "base.deploy", "`true` or `false` is wanted, this is a text", ""),
        ("base: {namespace: Shop}", "base.namespace", "cannot be a namespace", ""),
        ("base: {namespace: kube-system}", "base.namespace", "belongs to the cluster itself", ""),
        ("header: Host", "header", "has a meaning of its own", ""),
        ("header: 'x y'", "header", "cannot be a header's name", ""),
        ("helmfile: none", "helmfile", "`none` is a text here", "leave the key out"),
        ("helmfile: Chart.lock", "helmfile", "is not a helmfile's name", ""),
        ("helmfile: ../helmfile.yaml", "helmfile", "leaves its folder", ""),
        ("header: ref+echo://x", "header", "a `ref+…` reference is refused", "Secret"),
        ("service: {}", "service", "unknown key `service`", "did you mean `services`?"),
        ("host: a.com", "host", "unknown key", "it belongs to a service, as `hosts`"),
        ("<<: {a: b}", "", "merge keys", ""),
        ("? [a]\n: b", "", "a key must be a word", ""),
    ],
)
def test_a_wrong_value_at_the_top(entry: str, path: str, message: str, suggestion: str) -> None:
    found = problems(f"services: {{web: {{}}}}\n{entry}\n")[0]
    assert found.line == 2
    assert found.path == path or found.path.startswith(path)
    assert message in found.message
    assert suggestion in found.suggestion


def test_two_services_cannot_have_one_host() -> None:
    found = only("services:\n  a: {hosts: [x.com]}\n  b: {hosts: [y.com, x.com]}\n")
    assert (found.line, found.column, found.path) == (3, 22, "services.b.hosts[1]")
    assert found.message == "`x.com` belongs to service `a` already (line 2)"


@pytest.mark.parametrize("name", ["Web", "a_b", "-a", "a-", "a" * 31, "web.x", "wéb"])
def test_a_service_name_is_a_short_dns_label(name: str) -> None:
    assert "cannot be a service's name" in only(f"services: {{'{name}': {{}}}}").message


@pytest.mark.parametrize("text", ["services: {}", "services: ", "services: []", "services: x", "{}", "deploy: open"])
def test_there_is_no_config_without_services(text: str) -> None:
    assert only(text).path == "services"


def test_more_services_than_anyone_has_are_refused() -> None:
    text = "services: {" + ", ".join(f"s{number}: {{}}" for number in range(31)) + "}"
    assert only(text).message == "these are more than the 30 that are allowed"


def test_a_ttl_above_the_cap_of_this_bot_is_refused() -> None:
    text = "services: {web: {}}\nttl: 80h\n"
    assert parse(text).ttl == 288_000
    with pytest.raises(ConfigError, match="72h at most") as caught:
        parse(text, ttl_cap=72 * 3600)
    assert caught.value.problems[0].line == 2


@pytest.mark.parametrize(
    "where", ["env: {A: 'x ref+echo://s'}", "env: {A: secretref+vault://s}", "build: {args: {A: ref+exec://id}}"]
)
def test_references_are_refused_wherever_they_stand(where: str) -> None:
    assert "`ref+…`" in only(f"services:\n  web:\n    {where}\n").message
