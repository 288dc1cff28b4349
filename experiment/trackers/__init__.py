"""What records gaze: an EyeLink and its setup, a simulated tracker, and a mouse as an eye."""
