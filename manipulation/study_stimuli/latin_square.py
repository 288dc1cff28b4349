"""The orders in which subjects see the blocks: a Latin square, or Williams' orders."""

from collections.abc import Sequence

from stimuli.contract.vocabulary import Block, blocks_in_use


def block_orders(
    kind: str, blocks: Sequence[Block] = blocks_in_use(controls=False)
) -> tuple[tuple[Block, ...], ...]:
    """Return the orders of n blocks, by default the three of a study without controls.

    ``latin-square``: n orders, each block once in each position, as in the paper.
    ``williams``: orders in which each block also follows each other block equally often: n where n
    is even, 2 n where it is odd (Williams 1949, Australian Journal of Scientific Research A 2,
    149-168).
    """
    n = len(blocks)

    def shifted(first: Sequence[int]) -> tuple[tuple[Block, ...], ...]:
        return tuple(tuple(blocks[(place + shift) % n] for place in first) for shift in range(n))

    if kind == "latin-square":
        return shifted(range(n))
    # 0, 1, n - 1, 2, n - 2, ...: from one to the next each difference modulo n occurs once.
    zigzag = [(step + 1) // 2 if step % 2 else -step // 2 for step in range(n)]
    orders = shifted(zigzag)
    return orders if n % 2 == 0 else orders + tuple(order[::-1] for order in orders)
