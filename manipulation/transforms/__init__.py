"""What makes a version of a photograph: parametric edits, trained networks, free pixels."""
