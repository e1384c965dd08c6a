"""The only caller of GitHub: `Connection` is the entrance, everything in and out is a value of `values`."""

from workers.github.connection import Connection

__all__ = ["Connection"]
