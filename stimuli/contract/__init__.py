"""What the stages hand to each other: vocabulary, settings, schemas, catalogue, geometry."""
