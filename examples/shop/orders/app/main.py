"""The shop's orders: the end of the chain. Shows what its worker has written down."""

import store
from hop import Program, serve

if __name__ == "__main__":
    serve(Program("orders", {}, own=store.shown))
