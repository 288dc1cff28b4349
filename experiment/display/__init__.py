"""What shows the images: a screen that only counts frames, and later a real one."""
