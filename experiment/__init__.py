"""From stimuli to recordings: schedule, display, tracker, session. Needs no torch."""
