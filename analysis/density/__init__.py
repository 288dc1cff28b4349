"""Fixation densities: Gaussian KDE + uniform + centre bias, fitted to each stimulus."""
