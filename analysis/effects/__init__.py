"""What changed between an original and its versions, for people and for the model."""
