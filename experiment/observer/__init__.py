"""The simulated observer: where it wants to look, and how its eye moves there."""
