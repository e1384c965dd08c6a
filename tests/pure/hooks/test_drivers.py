"""What the kinds need is imported while the record is read, and nothing besides."""

import os
import subprocess
import sys

from hooks import drivers, table

LIBRARIES = ("botocore", "kafka", "psycopg", "pymysql", "redis")


def run(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **env}
    )
    return done.stdout.strip()


def test_every_kind_with_libraries_is_one_that_there_is() -> None:
    assert drivers.OF_KIND.keys() <= table.KINDS.keys()


def test_whoever_waits_finds_the_libraries_and_no_others() -> None:
    code = (
        "import sys; from hooks.drivers import Drivers; on = Drivers(['postgres', 'secret', 'nonsense']); "
        "[on.wait(each) for each in ('postgres', 'secret', 'kafka', 'nonsense')]; "
        f"print(*[each for each in {LIBRARIES} if each in sys.modules])"
    )
    assert run(code) == "psycopg"


def test_who_waits_is_let_go_where_a_library_is_missing() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None; from hooks.drivers import Drivers; "
        "on = Drivers(['postgres', 'mysql']); on.wait('postgres'); on.wait('mysql'); print('pymysql' in sys.modules)"
    )
    assert run(code) == "True"


def test_specs_without_their_docs_are_the_same() -> None:
    code = (
        "from hooks import table; Spec = table.module('sqs').Spec; "
        "spec = Spec.model_validate({'kind': 'sqs', 'name': 'orders', 'dlq': {'maxReceives': 3}}); "
        "print(spec.hash, Spec.model_fields['fifo'].description is None)"
    )
    with_docs, bare = run(code, DEVSTACK_SPECS_BARE="").split(), run(code, DEVSTACK_SPECS_BARE="1").split()
    assert with_docs == [bare[0], "False"]
    assert bare[1] == "True"
