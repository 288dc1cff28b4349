"""Blocks: which version stands in which.

The block of originals and the blocks of versions each hold every source once. The two versions of
a source are parted so that each block of versions has as many increases as decreases, to one, for
objects and for entropy.

With matched controls there are three blocks of versions. The three versions of a source are parted
so that each block has as many increases, decreases and controls, to one; a source without a control
is left out of one block, in turn.
"""

import hashlib
from collections.abc import Collection, Mapping

from stimuli.contract.vocabulary import Block, Condition, Direction

_VERSIONS = (Direction.INCREASE, Direction.DECREASE, Direction.CONTROL)


def version_blocks(
    conditions: Mapping[str, Condition], seed: int, controlled: Collection[str] = ()
) -> dict[tuple[str, Direction], Block]:
    """Return the block of every version.

    Parameters
    ----------
    conditions
        Object or entropy, by source id.
    seed
        Decides which sources show their increase in the first block of versions.
    controlled
        Ids of the sources that have a matched control; none in studies without.

    Returns
    -------
    dict
        Block by (source id, direction).
    """

    def drawn(source_id: str) -> str:
        return hashlib.sha256(f"{seed}/version-blocks/{source_id}".encode()).hexdigest()

    if controlled:
        ordered = sorted(
            conditions,
            key=lambda one: (conditions[one] == Condition.ENTROPY, one not in controlled,
                             drawn(one)),
        )  # fmt: skip
        return {
            (source_id, direction): block
            for number, source_id in enumerate(ordered)
            for direction, block in _three(number).items()
            if direction != Direction.CONTROL or source_id in controlled
        }
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


def _three(number: int) -> dict[Direction, Block]:
    """Return the blocks of the versions of source `number` from 0, of those with three blocks.

    Three sources in a row have every version once in every block; of six every order of the
    versions occurs once.
    """
    blocks = (Block.VERSIONS_1, Block.VERSIONS_2, Block.VERSIONS_3)
    turned = blocks[::-1] if number // 3 % 2 else blocks
    shift = number % 3
    return dict(zip(_VERSIONS, turned[shift:] + turned[:shift], strict=True))
