"""Fitting the realism judges: photographs edited at random, and how strongly each was."""
