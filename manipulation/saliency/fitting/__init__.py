"""Fitting saliency models to fixations, and measuring what they predict on unseen photographs."""
