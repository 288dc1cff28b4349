"""From recordings to conclusions: fixations, densities, effects, report. Needs no torch.

>>> from analysis import Subset, analyse_study
>>> from stimuli import open_study
>>> analysis = analyse_study(open_study("demo-study"), subset=Subset.FIRST_BLOCK)
>>> summary = analysis.summary
"""

import os as _os
import sys as _sys

if _sys.argv[:1] == ["-m"]:  # as a command started in a study, whose files are not to run as code
    _above = [_os.getcwd()]
    while _above[-1] != _os.path.dirname(_above[-1]):
        _above.append(_os.path.dirname(_above[-1]))
    _home = _os.path.dirname(_os.path.dirname(__file__))
    _studies = [one for one in _above if _os.path.isfile(_os.path.join(one, "study.toml"))]
    _sys.path[:] = [
        one
        for one in _sys.path
        if not _os.path.isfile(_os.path.join(one, "study.toml"))
        and not (_studies and _os.path.abspath(one) == _above[0] != _home)
    ]

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
