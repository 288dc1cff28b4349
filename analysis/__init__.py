"""From recordings to conclusions: fixations, densities, effects, report. Needs no torch.

>>> from analysis import Subset, analyse_study
>>> from stimuli import open_study
>>> analysis = analyse_study(open_study("demo-study"), subset=Subset.FIRST_BLOCK)
>>> summary = analysis.summary
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
