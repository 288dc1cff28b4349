"""The stimuli of a study: sources, versions, predicted effects, blocks, build records."""
