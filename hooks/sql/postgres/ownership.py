"""Gives everything in a database to one role, as after the copy of a template.

`REASSIGN OWNED` will not do: it also gives away what the old owner has outside of this database, such as the base's
database itself, and refuses where the old owner is the server's first superuser.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

# Left as they are: what initdb made (but for the schema `public` of servers before 15), members of extensions, what only
# superusers may own (event triggers, foreign-data wrappers, languages), and what follows another thing by itself
# (sequences of columns, types of rows and arrays, indexes).
_OTHERS = """
WITH things (class, object, owner) AS (
    SELECT 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, relowner FROM pg_class c
     WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
        OR relkind = 'S' AND NOT EXISTS (
               SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                  AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, typowner FROM pg_type t
     WHERE typtype IN ('b', 'd', 'e', 'r') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
        OR typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')
    UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc
    UNION ALL SELECT 'pg_collation'::regclass, oid, collowner FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, conowner FROM pg_conversion
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner FROM pg_opfamily
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
    UNION ALL SELECT 'pg_largeobject'::regclass, oid, lomowner FROM pg_largeobject_metadata
)
SELECT CASE identified.type
         WHEN 'function' THEN 'ROUTINE' WHEN 'procedure' THEN 'ROUTINE' WHEN 'aggregate' THEN 'ROUTINE'
         WHEN 'statistics object' THEN 'STATISTICS'
         ELSE upper(identified.type)
       END,
       identified.identity
  FROM things, pg_identify_object(class, object, 0) AS identified
 WHERE (object >= 16384 OR class = 'pg_namespace'::regclass AND identified.identity = 'public')
   AND owner <> %(role)s::regrole
   AND owner NOT IN (SELECT oid FROM pg_roles WHERE rolname = 'pg_database_owner')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = class AND d.objid = object AND d.deptype = 'e')
 ORDER BY class = 'pg_namespace'::regclass DESC, object
"""


def take_over(connection: "psycopg.Connection[Any]", role: str) -> int:
    """Make `role` the owner of all that is in the connection's database and anybody else's. Gives how many things."""
    from psycopg import sql

    quoted = sql.Identifier(role)
    name = quoted.as_string(connection)
    # Both parts come quoted from the server.
    others = [f"ALTER {kind} {identity} OWNER TO {name}".encode()
              for kind, identity in connection.execute(_OTHERS, {"role": name}).fetchall()]  # fmt: skip
    with connection.transaction():
        if others:
            connection.execute(b";\n".join(others))
    return len(others)
