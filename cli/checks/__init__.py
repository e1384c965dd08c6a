"""What `devstack doctor` looks at: one module a subject, listed in `table.py`; what is found are plain values."""
