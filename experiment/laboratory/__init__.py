"""Laboratories: which there are, how each is opened, and the operator at the keyboard."""
