"""The shop's front: shows the page, asks `orders` for what was bought, and tells the world of new orders."""

import os

import events
from hop import Program, serve

if __name__ == "__main__":
    serve(Program("storefront", {"orders": os.environ.get("ORDERS_URL", "http://example2.com")}, take=events.ordered))
