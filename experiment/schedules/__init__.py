"""Which subject sees which stimulus when, and how far a number of subjects balances that."""
