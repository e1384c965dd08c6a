"""The images that the playground's registry starts with, made here: no public image registry is asked."""
