"""Blocks of versions are balanced, and their orders are the paper's Latin square or Williams'."""

from collections import Counter
from itertools import pairwise

import pytest

from manipulation.study_stimuli.blocks import version_blocks
from manipulation.study_stimuli.latin_square import block_orders
from stimuli.contract.vocabulary import Block, Condition, Direction


@pytest.mark.parametrize("objects", [1, 7, 21])
@pytest.mark.parametrize("entropies", [0, 1, 3])
def test_blocks_of_versions_have_as_many_increases_as_decreases_to_one(objects, entropies):
    conditions = {f"o{n}": Condition.OBJECT for n in range(objects)}
    conditions |= {f"e{n}": Condition.ENTROPY for n in range(entropies)}
    blocks = version_blocks(conditions, seed=3)
    for kind, count in ((Condition.OBJECT, objects), (Condition.ENTROPY, entropies)):
        sources = [source for source, condition in conditions.items() if condition == kind]
        first = sum(blocks[s, Direction.INCREASE] == Block.VERSIONS_1 for s in sources)
        assert abs(first - (count - first)) <= 1
        for source in sources:
            assert {blocks[source, d] for d in (Direction.INCREASE, Direction.DECREASE)} == {
                Block.VERSIONS_1,
                Block.VERSIONS_2,
            }
    total = sum(blocks[s, Direction.INCREASE] == Block.VERSIONS_1 for s in conditions)
    assert abs(total - (len(conditions) - total)) <= 1


def test_the_seed_decides_which_source_is_increased_first():
    conditions = {f"o{n}": Condition.OBJECT for n in range(20)}
    assert version_blocks(conditions, 0) == version_blocks(dict(reversed(conditions.items())), 0)
    assert version_blocks(conditions, 0) != version_blocks(conditions, 1)


def test_orders_are_the_papers_latin_square_or_williams():
    latin, williams = block_orders("latin-square"), block_orders("williams")
    assert (len(latin), len(set(williams))) == (3, 6)
    assert set(latin) < set(williams)
    assert latin[0] == (Block.ORIGINALS, Block.VERSIONS_1, Block.VERSIONS_2)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("kind", ["latin-square", "williams"])
def test_each_block_stands_equally_often_in_each_position(kind, n):
    blocks = tuple("abcdef"[:n])
    orders = block_orders(kind, blocks)
    assert len(set(orders)) == len(orders) == (2 * n if kind == "williams" and n % 2 else n)
    for position in zip(*orders, strict=True):
        assert set(Counter(position).values()) == {len(orders) // n}
        assert set(position) == set(blocks)


@pytest.mark.parametrize("n", [3, 4, 5, 6])
def test_in_williams_orders_each_block_follows_each_other_equally_often(n):
    orders = block_orders("williams", tuple("abcdef"[:n]))
    follows = Counter(pair for order in orders for pair in pairwise(order))
    assert len(follows) == n * (n - 1)
    assert set(follows.values()) == {len(orders) // n}


@pytest.mark.parametrize(
    ("controlled", "without"), [(1, 0), (7, 1), (6, 5), (12, 2), (15, 6), (20, 3), (21, 3)]
)
def test_three_versions_stand_in_three_blocks_each_as_often_in_each_to_one(controlled, without):
    conditions = {f"o{n:02d}": Condition.OBJECT for n in range(controlled + 1)}
    conditions |= {f"e{n}": Condition.ENTROPY for n in range(without)}
    with_control = [f"o{n:02d}" for n in range(controlled)]  # one object is left without
    blocks = version_blocks(conditions, 3, with_control)
    assert version_blocks(dict(reversed(conditions.items())), 3, with_control) == blocks
    for source in conditions:
        own = [block for (name, _), block in blocks.items() if name == source]
        assert len(set(own)) == len(own) == 2 + (source in with_control)
        assert Block.ORIGINALS not in own
    for direction in (Direction.INCREASE, Direction.DECREASE, Direction.CONTROL):
        held = Counter(block for (_, one), block in blocks.items() if one == direction)
        counts = [held[block] for block in list(Block)[1:]]
        assert max(counts) - min(counts) <= 1, direction
        for kind in (Condition.OBJECT, Condition.ENTROPY):
            mine = Counter(
                block for (name, one), block in blocks.items()
                if one == direction and conditions[name] == kind
            )  # fmt: skip
            counts = [mine[block] for block in list(Block)[1:]]
            assert max(counts) - min(counts) <= 1, (direction, kind)
    sizes = [Counter(blocks.values())[block] for block in list(Block)[1:]]
    assert max(sizes) - min(sizes) <= 1
