"""Networks that change an image for a target: FGTransform, baselines, discriminator, guide."""
