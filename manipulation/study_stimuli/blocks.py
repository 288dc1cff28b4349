"""Blocks: which version stands in which.

The block of originals and two blocks of versions each hold every source once. The two versions of
a source are parted so that each block of versions has as many increases as decreases, to one, for
objects and for entropy.
"""

import hashlib
from collections.abc import Mapping

from stimuli.contract.vocabulary import Block, Condition, Direction


def version_blocks(
    conditions: Mapping[str, Condition], seed: int
) -> dict[tuple[str, Direction], Block]:
    """Return the block of every version.

    Parameters
    ----------
    conditions
        Object or entropy, by source id.
    seed
        Decides which sources show their increase in the first block of versions.

    Returns
    -------
    dict
        Block by (source id, direction).
    """

    def drawn(source_id: str) -> str:
        return hashlib.sha256(f"{seed}/version-blocks/{source_id}".encode()).hexdigest()

    blocks = {}
    swap = False
    for condition in (Condition.OBJECT, Condition.ENTROPY):
        for source_id in sorted((s for s, c in conditions.items() if c == condition), key=drawn):
            increase, decrease = Block.VERSIONS_1, Block.VERSIONS_2
            if swap:
                increase, decrease = decrease, increase
            blocks[source_id, Direction.INCREASE] = increase
            blocks[source_id, Direction.DECREASE] = decrease
            swap = not swap
    return blocks
