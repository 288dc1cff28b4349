"""What is said of matched controls."""

from types import SimpleNamespace

from manipulation.study_stimuli.control_stimulus import controls_in_words


def _control(stim_id, within_budget):
    region = SimpleNamespace(size_ratio=1.0, saliency_difference=0.1, annotation_id=None)
    effect = SimpleNamespace(predicted_change=0.0, within_budget=within_budget)
    return SimpleNamespace(stim_id=stim_id, control=region, effect=effect)


def test_controls_that_are_over_the_budget_are_named():
    controls = [_control("dog_control", True), _control("cat_control", False)]
    *_, last = controls_in_words(controls)
    assert "budget" in last
    assert "cat_control" in last
    assert "dog_control" not in last
    assert not any("budget" in one for one in controls_in_words(controls[:1]))
