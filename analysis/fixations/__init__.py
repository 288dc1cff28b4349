"""From events of a recording to the fixation table, and the subsets that are analysed."""
