"""Blocks: which version stands in which.

The block of originals and the blocks of versions each hold every source once. The two versions of
a source are parted so that each block of versions has as many increases as decreases, to one, for
objects and for entropy.

With matched controls there are three blocks of versions. The versions of a source are parted so
that each block has as many increases, decreases and controls, to one, of objects and of entropy,
and as many versions; a source without a control is left out of one block.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from itertools import permutations

from stimuli.contract.vocabulary import Block, Condition, Direction

_VERSIONS = (Direction.INCREASE, Direction.DECREASE, Direction.CONTROL)
_TURNS = 12  # orders of the sources that are tried, of which the evenest parting is taken
_BLOCKS = (Block.VERSIONS_1, Block.VERSIONS_2, Block.VERSIONS_3)


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

    def drawn(source_id: str, turn: str = "") -> str:
        return hashlib.sha256(f"{seed}/version-blocks/{source_id}{turn}".encode()).hexdigest()

    if controlled:
        turns = ("", *(f"/{number}" for number in range(1, _TURNS)))
        orders = [sorted(conditions, key=partial(drawn, turn=turn)) for turn in turns]
        orders[0].sort(
            key=lambda one: (conditions[one] == Condition.ENTROPY, one not in controlled)
        )
        found = (_in_three(order, conditions, controlled) for order in orders)
        return min(found, key=lambda blocks: _unevenness(blocks, conditions))
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


def _in_three(
    sources: Collection[str], conditions: Mapping[str, Condition], controlled: Collection[str]
) -> dict[tuple[str, Direction], Block]:
    """Return the block, of three, of every version: each source goes where it is missed most.

    What counts first is how often a direction stands in a block among sources of the same
    condition, then how often among all, then how many versions the block has.
    """
    blocks = dict[tuple[str, Direction], Block]()
    held = Counter[tuple[object, ...]]()

    def crowd(condition: Condition, parted: Mapping[Direction, Block]) -> tuple[int, ...]:
        places = parted.items()
        return (
            sum(4 ** held[condition, direction, block] for direction, block in places),
            sum(4 ** held[direction, block] for direction, block in places),
            sum(4 ** held[block,] for block in parted.values()),
        )

    for source_id in sources:
        condition = conditions[source_id]
        directions = _VERSIONS if source_id in controlled else _VERSIONS[:2]
        ways = [
            dict(zip(directions, chosen, strict=True))
            for chosen in permutations(_BLOCKS, len(directions))
        ]
        parted = min(ways, key=lambda one: crowd(condition, one))
        for direction, block in parted.items():
            blocks[source_id, direction] = block
            held.update([(condition, direction, block), (direction, block), (block,)])
    return blocks


def _unevenness(
    blocks: Mapping[tuple[str, Direction], Block], conditions: Mapping[str, Condition]
) -> int:
    """Return by how much counts of versions in the three blocks differ by more than one, summed."""
    held = Counter[tuple[object, ...]]()
    for (source_id, direction), block in blocks.items():
        held.update([(block, conditions[source_id], direction), (block, direction), (block,)])
    kinds = {key[1:] for key in held}
    counts = [[held[block, *kind] for block in _BLOCKS] for kind in kinds]
    return sum(max(0, max(one) - min(one) - 1) for one in counts)
