"""The orders in which subjects see the blocks: a Latin square, or Williams' orders."""

from stimuli.contract.vocabulary import Block


def block_orders(kind: str) -> tuple[tuple[Block, ...], ...]:
    """Return the orders of the three blocks.

    ``latin-square``: three orders, each block once in each position, as in the paper.
    ``williams``: six orders, in which each block also follows each other block equally often
    (Williams 1949, Australian Journal of Scientific Research A 2, 149-168).
    """
    first = tuple(Block)
    cyclic = tuple(first[shift:] + first[:shift] for shift in range(3))
    if kind == "latin-square":
        return cyclic
    return cyclic + tuple(order[::-1] for order in cyclic)
