"""What shows the images: the real screen, and one that only counts frames."""
