"""Brings a database to what this version of the program needs. Can be run again and again."""

import store

STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS orders (
           id text PRIMARY KEY,
           item text NOT NULL,
           context text NOT NULL,
           handled_by text NOT NULL,
           at timestamptz NOT NULL DEFAULT now()
       )""",
    "CREATE INDEX IF NOT EXISTS orders_newest ON orders (at DESC)",
)

if __name__ == "__main__":
    with store.connection() as database:
        for statement in STATEMENTS:
            database.execute(statement)
    print(f"{len(STATEMENTS)} statements hold")
