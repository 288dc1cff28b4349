"""What a change should achieve: target densities and the losses that measure the way there."""
