"""Figures, sentences and one self-contained page."""
