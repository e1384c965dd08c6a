"""The only subprocesses of the workers: one file a binary, all of them run by `process.Runner`."""
