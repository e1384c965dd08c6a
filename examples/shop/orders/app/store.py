"""The orders in Postgres."""

import os
from collections.abc import Mapping
from typing import Any

DATABASE_URL = os.environ.get("DATABASE_URL", "")
SHOWN = 20


def connection() -> Any:
    """A connection to this stack's own database."""
    import psycopg

    return psycopg.connect(DATABASE_URL, connect_timeout=3, autocommit=True)


def shown() -> dict[str, object]:
    """The newest orders, for the answer; nothing where there is no database."""
    if not DATABASE_URL:
        return {}
    with connection() as database:
        rows = database.execute(
            "SELECT id, item, context, handled_by FROM orders ORDER BY at DESC LIMIT %s", (SHOWN,)
        ).fetchall()
    return {"orders": [dict(zip(("id", "item", "context", "handled_by"), row, strict=True)) for row in rows]}


def write(order: Mapping[str, str], handled_by: str) -> None:
    """Write an order down; one that came twice stays one."""
    with connection() as database:
        database.execute(
            "INSERT INTO orders (id, item, context, handled_by) VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
            (order["id"], order["item"], order["context"], handled_by),
        )
