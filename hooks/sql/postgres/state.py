"""What stands on a PostgreSQL server: whose is a name, who is connected, what may our role do. Only reads."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks.contract import Foreign, Problem, Scope
from hooks.providers import postgres
from hooks.sql.mark import Mark, begun, parsed

if TYPE_CHECKING:
    import psycopg

OLDEST = 130000  # DROP DATABASE … WITH (FORCE)
WAIT_SECONDS = 5  # for others to leave a template; as long as CREATE DATABASE waits itself

_BY_NAME = """
SELECT d.oid IS NOT NULL, shobj_description(d.oid, 'pg_database'), o.rolname,
       r.oid IS NOT NULL, shobj_description(r.oid, 'pg_authid')
  FROM (SELECT %(name)s::name AS name) AS wanted
  LEFT JOIN pg_database d ON d.datname = wanted.name
  LEFT JOIN pg_roles o ON o.oid = d.datdba
  LEFT JOIN pg_roles r ON r.rolname = wanted.name
"""
_MARKED = """
SELECT d.datname, shobj_description(d.oid, 'pg_database'), NULL FROM pg_database d
UNION ALL
SELECT r.rolname, NULL, shobj_description(r.oid, 'pg_authid') FROM pg_roles r
"""
_RIGHTS = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
_TEMPLATE = """
SELECT datistemplate, pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = %s
"""
_CONNECTED = """
SELECT coalesce(usename, '?'), coalesce(nullif(application_name, ''), 'no name'), count(*)
  FROM pg_stat_activity
 WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
_NOT_AVAILABLE = """
SELECT name FROM unnest(%s::text[]) AS name WHERE name NOT IN (SELECT name FROM pg_available_extensions) ORDER BY 1
"""
_OTHER_RUNS = """
SELECT count(CASE WHEN pg_terminate_backend(pid) THEN 1 END) FROM pg_stat_activity
 WHERE application_name = current_setting('application_name') AND usename = current_user AND pid <> pg_backend_pid()
"""


def end_other_runs(connection: "psycopg.Connection[Any]") -> None:
    """A server goes on with the statement of a client that died, such as CREATE DATABASE: those of runs with the same
    purpose are ended, so that nothing appears after it was looked for."""
    for _ in range(WAIT_SECONDS * 10):
        if (connection.execute(_OTHER_RUNS).fetchone() or (0,))[0] == 0:
            return
        connection.execute("SELECT pg_sleep(0.1)")


@dataclass(frozen=True, slots=True)
class Found:
    """What there is under a name. `mark`: the database's, where it is ours."""

    database: bool
    role: bool
    owner: str
    mark: Mark | None
    role_is_ours: bool
    strangers: tuple[Foreign, ...]

    def ours(self) -> "Found":
        """Itself. Foreign where something of this name is not this service's."""
        for stranger in self.strangers:
            raise stranger
        return self


def look(connection: "psycopg.Connection[Any]", name: str, scope: Scope, shown: str) -> Found:
    """Database and role vouch for each other: a run may have died, or somebody may have dropped a comment."""
    row = connection.execute(_BY_NAME, {"name": name}).fetchone()
    database, comment, owner, role, role_comment = row or (False, None, None, False, None)
    mark, role_mark = parsed(comment), parsed(role_comment)
    ours, role_is_ours = mark is not None and mark.belongs(scope), role_mark is not None and role_mark.belongs(scope)
    if database and not comment and role_is_ours and owner == name:
        mark, ours = begun(scope, ""), True
    if role and not role_comment and ours and owner == name:
        role_is_ours = True
    strangers = []
    if database and not ours:
        strangers.append(_foreign("database", name, mark, shown))
    if role and not role_is_ours:
        strangers.append(_foreign("role", name, role_mark, shown))
    return Found(bool(database), bool(role), str(owner or ""), mark if ours else None, role_is_ours, tuple(strangers))


def _foreign(what: str, name: str, mark: Mark | None, shown: str) -> Foreign:
    whose = f"it belongs to `{mark.service}` of the stack `{mark.stack}`" if mark else "devstack did not make it"
    return Foreign(
        f"a {what} `{name}` is on {shown} already, and {whose}",
        "Give the resource another `database`, or remove the other one.",
    )


def marked(connection: "psycopg.Connection[Any]", scope: Scope) -> list[str]:
    """Every name that a database or role of this service has."""
    rows = connection.execute(_MARKED).fetchall()
    marks = [(str(name), parsed(comment or role_comment)) for name, comment, role_comment in rows]
    return sorted({name for name, mark in marks if mark is not None and mark.belongs(scope)})


def superuser(connection: "psycopg.Connection[Any]") -> bool:
    """Whether the admin is one."""
    return bool((connection.execute(_RIGHTS).fetchone() or (False,))[0])


def check_rights(connection: "psycopg.Connection[Any]", told: postgres.Server) -> None:
    """Problem where the server is too old, or its admin may not make databases and roles."""
    if connection.info.server_version < OLDEST:
        raise Problem(f"{told.shown} is older than version 13", "The operator takes a newer one.")
    is_superuser, databases, roles = connection.execute(_RIGHTS).fetchone() or (False, False, False)
    if not is_superuser and not (databases and roles):
        lacking = " and ".join(right for right, has in (("CREATEDB", databases), ("CREATEROLE", roles)) if not has)
        raise Problem(
            f"our role on {told.shown} may not make databases with roles: it lacks {lacking}",
            f"The operator gives it to the role of {postgres.variable(told.provider)}.",
        )


def check_template(connection: "psycopg.Connection[Any]", template: str, told: postgres.Server) -> None:
    """Problem where the template is not there or not ours to copy, or where others stay connected to it."""
    row = connection.execute(_TEMPLATE, [template]).fetchone()
    if row is None:
        raise Problem(f"there is no database `{template}` on {told.shown} to copy", "Correct `template`.")
    is_template, owned = row
    if not is_template and not owned and not superuser(connection):
        raise Problem(
            f"our role on {told.shown} may not copy the database `{template}`",
            f"The operator makes the role of {postgres.variable(told.provider)} a member of its owner, or marks it:"
            f' ALTER DATABASE "{template}" IS_TEMPLATE true.',
        )
    for _ in range(WAIT_SECONDS):
        if not connected(connection, template):
            return
        connection.execute("SELECT pg_sleep(1)")
    if who := connected(connection, template):
        raise in_use(template, who)


def connected(connection: "psycopg.Connection[Any]", database: str) -> list[tuple[str, str, int]]:
    """Who is connected to a database: role, name of the application, how often."""
    return [(str(role), str(application), int(count)) for role, application, count in
            connection.execute(_CONNECTED, [database]).fetchall()]  # fmt: skip


def in_use(template: str, who: list[tuple[str, str, int]]) -> Problem:
    """The Problem of a template that others are connected to."""
    count = sum(each for _, _, each in who)
    named = ", ".join(f"{role} ({application})" for role, application, _ in who[:5]) + (" …" if len(who) > 5 else "")
    times = "connection is" if count == 1 else "connections are"
    return Problem(
        f"the database `{template}` cannot be copied while it is in use: {count} {times} open"
        + (f", by {named}" if who else ""),
        "Let `template` name a database that nobody connects to, such as a nightly copy of the base's, or use `dump`.",
    )


def check_extensions(connection: "psycopg.Connection[Any]", extensions: tuple[str, ...], told: postgres.Server) -> None:
    """Problem where the server does not have one of them."""
    missing = [f"`{name}`" for (name,) in connection.execute(_NOT_AVAILABLE, [list(extensions)]).fetchall()]
    if missing:
        raise Problem(
            f"{told.shown} does not have the extension{'s'[: len(missing) > 1]} {', '.join(missing)}",
            "The operator installs it on the server, or takes a server that has it.",
        )
