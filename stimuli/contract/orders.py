"""Block orders, ``blocks.tsv``: which subject has which, and how far a number of them is balanced.

`orders` are the rows of the table; subjects are numbered from 1 and dealt the rows in turn.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations, product
from pathlib import Path

from stimuli.contract.schemas import BLOCK_POSITIONS, BLOCKS
from stimuli.contract.vocabulary import Block, blocks_in_use
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table, write_table

Orders = Sequence[Sequence[Block]]


def write_blocks(path: str | Path, orders: Sequence[Sequence[Block]]) -> None:
    """Write the block orders; row n holds order n + 1."""
    absent = BLOCK_POSITIONS[len(orders[0]) :]
    rows = (
        {"order": number, **dict(zip(BLOCK_POSITIONS, order, strict=False))}
        for number, order in enumerate(orders, start=1)
    )
    write_table(path, BLOCKS.without(absent), rows)


def read_blocks(path: str | Path) -> tuple[tuple[Block, ...], ...]:
    """Read the block orders, first to last.

    Raises
    ------
    InputError
        If the table is absent or wrong, or a row does not hold each block once.

    Examples
    --------
    >>> from stimuli import open_study, read_blocks
    >>> orders = read_blocks(open_study("demo-study").blocks)
    >>> [block.value for block in orders[0]]
    ['originals', 'versions-1', 'versions-2']
    """
    rows = read_table(path, BLOCKS)
    orders = []
    blocks = blocks_in_use(controls=any(row[BLOCK_POSITIONS[3]] for row in rows))
    for number, row in enumerate(rows, start=1):
        order = [row[name] for name in BLOCK_POSITIONS[: len(blocks)]]
        if row["order"] != number or sorted(order, key=str) != sorted(blocks):
            raise InputError(
                f"{path}: order {row['order']} is {', '.join(map(str, order))}; expected order "
                f"{number} with each of {', '.join(blocks)} once"
            )
        orders.append(tuple(order))
    if not orders:
        raise InputError(f"{path}: holds no order; run manipulation.generate")
    return tuple(orders)


def order_number(subject: str | int, orders: Orders) -> int:
    """Return the row of blocks.tsv, from 1, that subject number n has: rows are dealt in turn."""
    return (int(subject) - 1) % len(orders) + 1


def blocks_of(orders: Orders) -> tuple[Block, ...]:
    """Return the blocks that are ordered, in the order of the vocabulary."""
    return tuple(block for block in Block if block in orders[0])


def positions(orders: Orders, subjects: int) -> dict[tuple[int, Block], int]:
    """Return how many of subjects 1 to `subjects` see each block in each position from 1."""
    seen = Counter(
        (position, block)
        for order in _dealt(orders, subjects)
        for position, block in enumerate(order, start=1)
    )
    blocks = blocks_of(orders)
    places = range(1, len(blocks) + 1)
    return {(position, block): seen[position, block] for position, block in product(places, blocks)}


def carry_overs(orders: Orders, subjects: int) -> dict[tuple[Block, Block], int]:
    """Return how many of subjects 1 to `subjects` see the second block directly after the first."""
    seen = Counter(pair for order in _dealt(orders, subjects) for pair in pairwise(order))
    return {pair: seen[pair] for pair in permutations(blocks_of(orders), 2)}


def balancing_subjects(
    count: Callable[[Orders, int], dict], orders: Orders, subjects: int
) -> tuple[int, ...]:
    """Return the numbers of subjects nearest to `subjects`, below and above, with equal counts.

    Parameters
    ----------
    count
        `positions` or `carry_overs`.

    Returns
    -------
    tuple of int
        `subjects` alone if its counts are equal; otherwise up to two numbers, each as near as the
        number of orders. None of them means that these orders do not balance what is counted.
    """

    def balanced(number: int) -> bool:
        return number > 0 and len(set(count(orders, number).values())) == 1

    if balanced(subjects):
        return (subjects,)
    steps = range(1, len(orders) + 1)
    below = [subjects - step for step in steps if balanced(subjects - step)]
    above = [subjects + step for step in steps if balanced(subjects + step)]
    return (*below[:1], *above[:1])


def _dealt(orders: Orders, subjects: int) -> list[Sequence[Block]]:
    return [orders[order_number(subject, orders) - 1] for subject in range(1, subjects + 1)]
