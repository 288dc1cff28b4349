"""What the tracker wrote: EyeLink recordings, and the sessions of a study that they belong to."""
