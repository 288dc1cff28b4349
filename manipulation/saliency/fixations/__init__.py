"""Fixations on photographs: one table, and a reader for every published layout."""
