"""Speed, measured: ours and the peer's, or the plain version's, in one run."""
