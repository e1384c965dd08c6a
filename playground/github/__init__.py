"""A stand-in for GitHub: its REST paths, its webhooks, real git over HTTP, and a page on which a person can play."""
