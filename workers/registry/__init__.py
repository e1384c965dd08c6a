"""The only caller of the image registry."""
