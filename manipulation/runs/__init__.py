"""What every fit shares: processes, resumable state, command-line arguments."""
