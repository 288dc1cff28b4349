"""What a tracker wrote: EyeLink recordings of any format as one structure."""
