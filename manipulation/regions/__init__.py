"""Regions of photographs that nobody annotated: clicked, drawn or proposed, kept as COCO does."""
