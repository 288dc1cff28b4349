"""How gaze unfolds while an image is seen: time course, latencies, visits, scanpaths."""
