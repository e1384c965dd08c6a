"""The programs that no package registry has as binaries: compiled here from pinned, checksummed Go modules."""
