"""Free pixels please the model that guides them; of a robust one others see the change too."""

import pytest

from manipulation import demo_photographs, make_version
from manipulation.images.photographs import squared, squared_mask
from manipulation.new_study.candidates import read_candidate
from manipulation.study_stimuli.models import StudyModels
from stimuli.contract.settings import ManipulationSettings, PixelSettings, Settings


@pytest.fixture(scope="module")
def chelsea():
    photographs = demo_photographs()
    candidate = next(one for one in photographs.candidates if one.source_id == "chelsea")
    pixels, masks = read_candidate(candidate, photographs.annotations)
    ids = [photographs.annotations.of_image(masks.image_id)[0]["id"]]
    return squared(pixels, 256, "crop"), squared_mask(masks.union(ids), 256, "crop")[None]


def effect_of(chelsea, *guides):
    chosen = ManipulationSettings(second_opinion=("scratch",))
    settings = Settings(manipulation=chosen, pixels=PixelSettings(guides=guides, steps=10))
    models = StudyModels(chosen, pixel_guides=guides)
    _, effect = make_version(*chelsea, 2.0, transform="pixels", settings=settings, models=models)
    return effect


def test_a_model_that_took_no_part_sees_what_a_robust_guide_does_and_hardly_what_others_do(chelsea):
    robust, plain = effect_of(chelsea, "robust"), effect_of(chelsea)
    assert plain.predicted_change > 2 * robust.predicted_change  # under the plain guide
    assert robust.second_changes["scratch"] > 0.05
    assert robust.second_changes["scratch"] > 3 * plain.second_changes["scratch"]
    assert plain.transfer < 0.15 < robust.transfer
