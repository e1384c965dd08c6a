"""One module a kind of resource, all with the same names; the table of them is `hooks.table`."""
