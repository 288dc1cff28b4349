"""What records gaze: a simulated tracker with EyeLink's text format, later an EyeLink."""
