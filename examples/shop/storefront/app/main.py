"""The shop's front: shows the page, asks `orders` for what was bought."""

import os

from hop import serve

if __name__ == "__main__":
    serve("storefront", {"orders": os.environ.get("ORDERS_URL", "http://example2.com")})
