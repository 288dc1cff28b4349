"""Blocks of versions are balanced, and their orders are the paper's Latin square or Williams'."""

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
    assert latin[0] == tuple(Block)
