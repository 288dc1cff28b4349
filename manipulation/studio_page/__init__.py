"""The studio behind ``manipulation.studio``: versions of a study, tuned by eye."""
