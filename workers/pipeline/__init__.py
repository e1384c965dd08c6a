"""The two walks that a Stack can take. A plan is a tuple of steps; each step lives in a file of its own name."""
