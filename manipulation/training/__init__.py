"""Training the networks that change images: data, steps, state, log, evaluation."""
