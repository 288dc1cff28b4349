"""A subject's session: its schedule, its trials, and what is kept of them."""
