"""Blocks are balanced, proposals follow the room that objects have, photographs keep geometry."""

from pathlib import Path

import numpy as np
import pytest
import torch

from manipulation.design.blocks import block_orders, version_blocks
from manipulation.design.proposals import (
    Aim,
    Candidate,
    movable,
    proposal_rows,
    propose,
    proposed_sources,
)
from manipulation.photographs import square_box, squared, squared_mask
from stimuli.errors import InputError
from stimuli.settings import Settings, parse_settings
from stimuli.templates import sources_text
from stimuli.vocabulary import Block, Condition, Direction


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


def test_an_object_that_half_of_gaze_is_on_has_most_room():
    rooms = [movable(p, 2.0) for p in (0.02, 0.2, 0.5, 0.8, 0.98)]
    assert max(rooms) == rooms[2]
    assert movable(0.5, 2.0) == pytest.approx(np.e**2 / (1 + np.e**2) - 0.5)
    assert movable(0.0, 2.0) == movable(1.0, 2.0) == pytest.approx(0)


def candidates(count):
    return [Candidate(f"s{n}", Path(f"{n}.JPG"), n) for n in range(count)]


def thing(annotation_id, room, unfit="", apart=()):
    return Aim(annotation_id, "dog", 0.1, 0.2, room, unfit, frozenset(apart))


def test_24_sources_are_21_for_objects_with_most_room_and_3_for_entropy():
    objects = [(thing(100 + n, n / 100),) for n in range(40)]
    proposals = propose(candidates(40), objects, Path("a.json"), 24)
    sources = proposed_sources(proposals, Settings())
    aimed = [source for source in sources if source.condition == "object"]
    assert (len(aimed), len(sources)) == (21, 24)
    assert {source.image_id for source in aimed} == set(range(19, 40))
    for source in aimed:
        shifts = {version.direction: version.targets[0].k_shift for version in source.versions}
        assert shifts == {"increase": 2.0, "decrease": -2.0}
        assert source.photograph.endswith(".jpg")
    for source in set(sources) - set(aimed):
        scales = {version.direction: version.k_scale for version in source.versions}
        assert scales == {"increase": 0.5, "decrease": 2.0}
    assert parse_settings(sources_text(sources)).sources == sources


def test_a_second_object_apart_from_the_first_is_shifted_the_other_way():
    objects = (thing(1, 0.3, apart=(3, 4)), thing(2, 0.2), thing(3, 0.1), thing(4, 0.09))
    (proposal,) = propose(candidates(1), [objects], Path("a.json"), 1)
    (source,) = proposed_sources([proposal], Settings())
    assert [
        [(target.annotation_ids, target.k_shift) for target in version.targets]
        for version in source.versions
    ] == [[((1,), 2.0), ((3,), -2.0)], [((1,), -2.0), ((3,), 2.0)]]
    assert {row["annotation_id"]: row["because"] for row in proposal_rows([proposal], 1)} == {
        1: "most room in both directions",
        2: "overlaps the aim",
        3: "apart from the aim, with room of its own: shifted the other way",
        4: "less room than those used",
    }
    (alone,) = propose(candidates(1), [objects], Path("a.json"), 1, pairs=False)
    assert alone.partner is None
    weak = (thing(1, 0.3, apart=(3,)), thing(3, 0.05))
    assert propose(candidates(1), [weak], Path("a.json"), 1)[0].partner is None


def test_too_few_photographs_or_objects_are_named():
    with pytest.raises(InputError, match=r"5 photographs, 5 with an object.*8 sources need 7"):
        propose(candidates(5), [(thing(1, 0.1),)] * 5, Path("a.json"), 8)
    unfit = (thing(1, 0.1, unfit="too small"),)
    with pytest.raises(InputError, match="8 photographs, 0 with an object"):
        propose(candidates(8), [unfit] * 4 + [()] * 4, Path("a.json"), 8)


def test_the_crop_is_the_largest_centred_square_for_image_and_mask_alike():
    assert square_box(640, 480, "crop") == (80, 0, 560, 480)
    assert square_box(640, 480, "stretch") == (0, 0, 640, 480)
    pixels = np.zeros((48, 64, 3), dtype=np.uint8)
    pixels[:24, 8:32] = 255
    image = squared(pixels, 24, "crop")
    mask = squared_mask(pixels[..., 0] > 0, 24, "crop")
    expected = torch.zeros(24, 24)
    expected[:12, :12] = 1
    torch.testing.assert_close(mask, expected)
    assert (image[0] - expected).abs().mean() < 0.03
