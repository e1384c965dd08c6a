"""The story that `./scripts/demo` plays, and the stage that the cluster tests share with it."""
