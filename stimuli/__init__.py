"""What the stages share: the study folder, its tables and settings, masks, geometry, files.

>>> from stimuli import open_study, read_catalogue
>>> study = open_study("demo-study")
>>> [stimulus.stim_id for stimulus in read_catalogue(study.catalogue)][:2]
['astronaut_original', 'astronaut_increase']
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
