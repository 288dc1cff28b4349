"""What changes an image: parametric edits, and the way from network size to screen size."""
