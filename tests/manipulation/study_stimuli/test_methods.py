"""The methods paragraph says every setting that counts, and figures of the catalogue alone."""

import dataclasses

import pytest

from manipulation.study_stimuli.methods import stimulus_methods
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import (
    Block,
    Condition,
    Direction,
    PredictedEffect,
    Stimulus,
    Target,
    Transform,
)

MADE_WITH = {"torch": "2.11.0", "threads": "2"}
OTHER = {
    "fit": "whole", "upscale": "bicubic", "transform": "pixels", "usual": "/home/me/own.json",
    "orders": "williams", "second_opinion": ["icf"],
}  # fmt: skip
# Of proposals, which stand in the targets; judges, whose results are told; the third block's.
ELSEWHERE = {"k_shift", "k_scale", "second_opinion", "transform", "controls"}


def stimuli():
    kinds = [(Direction.NONE, Condition.ORIGINAL, Transform.NONE)]
    for transform in (Transform.EDITS, Transform.NETWORK, Transform.PIXELS):
        kinds += [(Direction.INCREASE, Condition.OBJECT, transform),
                  (Direction.DECREASE, Condition.ENTROPY, transform)]  # fmt: skip
    for number, (direction, condition, transform) in enumerate(kinds):
        aimed = condition == Condition.OBJECT
        yield Stimulus(
            f"a{number}", "a", condition, direction, Block.ORIGINALS if not number else
            Block.VERSIONS_1, (Target((1,), 1.5, "m.png"),) if aimed else (),
            1.0 if aimed or not number else 0.5, "i.png", None, "p.npz", "0" * 64, "0" * 64,
            "5ab1e" + "0" * 59, "CC0", transform,
            PredictedEffect(0.4, 0.2, 0.125 if number else None, {"icf": 0.05}, realism=0.25,
                            within_budget=True),
            edits={"1": {"exposure": 0.3}, "rest": {"exposure": -0.4}} if number == 1 else {},
        )  # fmt: skip


def text(settings, made_with=(MADE_WITH,)):
    return "\n".join(stimulus_methods(settings, list(stimuli()), {"icf": ""}, made_with))


SETTINGS = [
    (section, spec.name)
    for section in ("images", "manipulation", "edits", "pixels", "design")
    for spec in dataclasses.fields(getattr(Settings(), section))
    if spec.name not in ELSEWHERE
]


@pytest.mark.parametrize(("section", "name"), SETTINGS)
def test_another_setting_is_another_paragraph(section, name):
    settings = Settings()
    values = getattr(settings, section)
    value = getattr(values, name)
    other = OTHER.get(name)
    if other is None:
        other = ("icf",) if isinstance(value, tuple) else "icf" if isinstance(value, str) else (
            value * 2 if isinstance(value, int) and name.endswith("px") and name != "size_px"
            else value // 2 if isinstance(value, int) else value + 0.05)  # fmt: skip
    changed = dataclasses.replace(
        settings, **{section: dataclasses.replace(values, **{name: other})}
    )
    assert text(changed) != text(settings)
    assert "/home" not in text(changed)


def test_the_figures_are_those_of_the_catalogue():
    told = text(Settings())
    assert "shifted inside the objects' outlines by +1.5 nats" in told
    assert "times 0.5 (eq. 12" in told
    assert "+0.125 in p_obj where more was asked" in told
    assert "5ab1e" in told
    assert "icf, which took no part, predicts the same direction for 6 of 6" in told
    assert "in the median 25% of photographs look as edited" in told
    assert "torch 2.11.0, threads 2" in told
    assert "Objects aimed at got: exposure +0.3 to +0.3, in the units" in told


def test_images_of_two_machines_are_said_to_be():
    both = text(Settings(), [MADE_WITH, {**MADE_WITH, "threads": "4"}, None])
    assert "torch 2.11.0, threads 2; or with torch 2.11.0, threads 4." in both


def test_what_did_not_happen_is_not_said():
    rows = [
        dataclasses.replace(one, k_scale=1.41 if one.targets else one.k_scale)
        for one in stimuli()
        if one.transform != Transform.EDITS
    ]
    told = "\n".join(stimulus_methods(Settings(), rows, {"icf": ""}, (MADE_WITH,)))
    assert "guided edits" not in told
    assert "Edits are" not in told
    assert "some are then multiplied by 1.41 (eq. 12)" in told
    assert "times 0.5 (eq. 12" in told


def test_the_model_that_guides_free_pixels_has_its_name():
    assert "Pixels were changed one by one, guided by efficientnet:" in text(Settings())
