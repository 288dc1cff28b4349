"""From photographs and intentions to stimuli: saliency, targets, transforms, blocks.

What a notebook needs is here, read when it is used; the commands of the package are thin over it.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
