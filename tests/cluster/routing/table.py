"""The table: how requests look, and where each leads. The same for every Traefik."""

from tests.cluster.routing.rows_baggage import BAGGAGE
from tests.cluster.routing.rows_base import BASE
from tests.cluster.routing.rows_header import BREAK_OUT, HEADERS, NO_LABEL, SEVERAL
from tests.cluster.routing.rows_preview import HOPS, PREVIEWS, TARGETS

GROUPS = {
    "base": BASE,
    "header": HEADERS,
    "no label": NO_LABEL,
    "break out": BREAK_OUT,
    "several": SEVERAL,
    "baggage": BAGGAGE,
    "hops": HOPS,
    "targets": TARGETS,
    "previews": PREVIEWS,
}
TABLE = tuple((f"{group}: {row.what}", row) for group, rows in GROUPS.items() for row in rows)
