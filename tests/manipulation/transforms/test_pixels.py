"""Free pixels please the model that guides them; of a robust one others see the change too."""

import pytest

from manipulation import make_version
from manipulation.study_stimuli.models import StudyModels
from stimuli.contract.settings import ManipulationSettings, PixelSettings, Settings
from tests.demo_photograph import demo_photograph


@pytest.fixture(scope="module")
def chelsea():
    image, mask = demo_photograph("chelsea", 201, 256)
    return image, mask[None]


def effect_of(chelsea, *guides):
    chosen = ManipulationSettings(second_opinion=("scratch",), budget=0)
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
