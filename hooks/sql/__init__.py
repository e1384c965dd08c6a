"""What the kinds `postgres` and `mysql` share: their fields, the order of the work, marks, scripts."""
