"""The provisioners: run inside the cluster as helm hooks, make what a feature needs and take it away again."""
