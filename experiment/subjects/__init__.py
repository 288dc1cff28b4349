"""A subject from the checks before a run to the files after it: record, simulate, read again."""
