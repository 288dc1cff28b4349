"""From photographs to a balanced design: which versions to make, and in which blocks they stand."""
