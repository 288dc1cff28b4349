"""Saliency models from features to log saliency, and their files."""
