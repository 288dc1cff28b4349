"""What shows the images: a real screen, and a virtual one that only counts frames."""
