"""Measurements on a stage: the bot beside the bare commands that do the same work by hand, and its memory."""
