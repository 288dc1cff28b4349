"""From recordings to conclusions: fixations, densities, effects, report. Needs no torch."""
