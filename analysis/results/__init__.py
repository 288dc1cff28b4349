"""Results as files: tables, maps, exports for others, provenance."""
