"""What a session needs of its laboratory: a clock, a display, a tracker and an operator.

The session knows only these protocols, so that the same trials run before a simulated observer and
before a person. Times are seconds on the display's clock, points are screen pixels
(`stimuli.contract.geometry`).
"""
