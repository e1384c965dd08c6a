"""What is asked of a feature that comes and goes: while it is there, and before and after."""

from tests.cluster.routing.row import Row, bag, ctx, preview

ANOTHER = Row("another live feature", "orders@feature1", "/orders", ctx("feature1"))
SERVED = (
    Row("header", "orders@passing", "/orders", ctx("passing")),
    Row("baggage", "search@passing", "/search", bag("uber-ctx-key=passing")),
    Row("preview", "orders@passing", "/orders", host=preview("passing")),
    ANOTHER,
)
GONE = (
    Row("header", "orders@base", "/orders", ctx("passing")),
    Row("baggage", "search@base", "/search", bag("uber-ctx-key=passing")),
    Row("preview", "rest@base", "/orders", host=preview("passing")),
    ANOTHER,
)
