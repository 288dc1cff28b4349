"""From stimuli to recordings: schedule, display, tracker, session. Needs no torch.

>>> from experiment import simulate_subject
>>> from stimuli import open_study
>>> outcome = simulate_subject(open_study("demo-study"), 7)
>>> outcome.ending.value
'finished'
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
