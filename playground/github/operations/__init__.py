"""The REST operations, one function each, by what they are about; `playground.github.rest` has the table."""
