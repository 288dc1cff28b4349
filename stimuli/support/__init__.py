"""What every stage is built with: files, pictures, errors, commands, tables, provenance."""
