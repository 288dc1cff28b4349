"""Realism judges: files, scales, and gross edits against the photographs as they are."""

import pytest
import torch

from manipulation.naturalness.realism import (
    GUIDE,
    JUDGE,
    RealismHead,
    load_realism_head,
    save_realism_head,
)
from manipulation.naturalness.region_features import RegionFeatures, region_weights
from manipulation.realism_fitting.random_edits import KINDS, UNSEEN_KINDS, mixed
from manipulation.runs.tensors import save_tensors
from stimuli.support.errors import InputError
from tests.demo_photograph import demo_photograph

PHOTOGRAPHS = (("coffee", 301), ("chelsea", 201), ("flower", 702))


def test_a_head_is_read_as_it_was_written(tmp_path):
    torch.manual_seed(0)
    head = RealismHead(7, networks=2).eval()
    head.mean, head.deviation = torch.arange(7.0), torch.full((7,), 2.0)
    head.untouched = torch.linspace(0, 1, 9)
    save_realism_head(tmp_path / "head.safetensors", head, "nothing")
    read = load_realism_head(str(tmp_path / "head.safetensors"))
    vectors = torch.randn(5, 7)
    torch.testing.assert_close(read(vectors), head(vectors), atol=1e-2, rtol=0)
    assert len(read.networks) == 2
    assert load_realism_head(GUIDE).sha256 != load_realism_head(JUDGE).sha256


def test_realism_is_the_share_of_untouched_photographs_that_look_as_edited():
    head = RealismHead(3)
    head.untouched = torch.linspace(0, 1, 99)
    assert head.realism(2.0) == pytest.approx(0.01)
    assert head.realism(-1.0) == 1
    assert head.realism(0.5) == pytest.approx(0.51, abs=0.01)
    limit = head.limit(0.05)
    assert limit == pytest.approx(0.95, abs=0.01)
    assert head.realism(limit) == pytest.approx(0.05, abs=0.02)


def test_files_of_another_kind_are_named(tmp_path):
    with pytest.raises(InputError, match="'none': no such file; expected guide, judge"):
        load_realism_head("none")
    (tmp_path / "text").write_text("text")
    with pytest.raises(InputError, match="not a safetensors file"):
        load_realism_head(str(tmp_path / "text"))
    save_tensors(tmp_path / "other", {"one": torch.zeros(1)}, {"format": "another"})
    with pytest.raises(InputError, match="format is 'another'"):
        load_realism_head(str(tmp_path / "other"))


@pytest.mark.parametrize("name", [GUIDE, JUDGE])
def test_gross_edits_look_more_edited_than_the_photographs_of_the_demo(name):
    head, features = load_realism_head(name), RegionFeatures()
    generator = torch.Generator().manual_seed(0)
    higher = []
    for source_id, annotation_id in PHOTOGRAPHS:
        image, mask = demo_photograph(source_id, annotation_id, 384)
        weights = region_weights(mask.numpy())
        edits = (*KINDS.values(), *UNSEEN_KINDS.values())
        images = [image, *(mixed(image, edit(image, 1.0, generator), mask) for edit in edits)]
        scores = torch.cat([head.scores(features.maps(one[None]), [weights])[0] for one in images])
        higher.append(scores[1:] > scores[0])
    assert torch.stack(higher).float().mean() > 0.75
