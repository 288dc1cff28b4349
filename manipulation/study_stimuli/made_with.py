"""What decides the bytes of an image beside the settings: versions, processor, threads, code.

Every stimulus' record has it, so that two sets of one study that differ can be told why.
"""

from functools import cache

import torch

from stimuli.support.provenance import package_versions, source_commit

MADE_WITH = "made_with"  # its name in a record

_PACKAGES = (
    "python", "guiding-gaze", "numpy", "scipy", "pillow", "pycocotools", "torch", "torchvision",
)  # fmt: skip


def made_with() -> dict[str, str]:
    """Return what images are made with now, by name.

    The processor is named by the widest instructions that torch uses on it, since sums are taken in
    another order with others; with another number of threads they are, too.
    """
    return {**_code(), "processor": torch.backends.cpu.get_cpu_capability(),
            "threads": str(torch.get_num_threads())}  # fmt: skip


@cache
def _code() -> dict[str, str]:
    versions = package_versions()
    found = {name: versions[name] for name in _PACKAGES if name in versions}
    commit = source_commit()
    return found | (
        {"commit": commit[:12] + "-dirty" * commit.endswith("-dirty")} if commit else {}
    )
