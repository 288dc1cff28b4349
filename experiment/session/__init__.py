"""The course of a session: instructions, calibration, blocks of trials, and each trial's steps."""
