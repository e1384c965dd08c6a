"""The shop's orders: the end of the chain."""

from hop import serve

if __name__ == "__main__":
    serve("orders", {})
