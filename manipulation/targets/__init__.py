"""What a change should achieve: target densities (eq. 11, 12), intents, losses (eq. 3 to 8)."""
