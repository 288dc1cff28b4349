"""The sessions of a study: participants, their runs, and recordings as BIDS has them."""
