"""From photographs and intentions to stimuli: saliency, targets, transforms, blocks."""
