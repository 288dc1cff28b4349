"""Mixed logits: fixations on the target with subjects and sources drawn from populations."""
