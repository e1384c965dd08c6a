"""Where requests go: a stack's routes as values, worked out from the base's own."""
