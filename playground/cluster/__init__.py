"""The playground's cluster, of three kinds: embedded (host processes), kind (Docker), current (the kubeconfig's)."""
