"""A real single-node Kubernetes as host processes, for machines without Docker."""
