"""What a tracker wrote, or its program exported: recordings of any format as one structure."""
