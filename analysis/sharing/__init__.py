"""A copy of a study that is fit to be published: what goes into it, and what stays at home."""
