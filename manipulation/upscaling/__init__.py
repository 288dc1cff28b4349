"""Super-resolution by 2, from the size that networks see to the size on the screen."""
