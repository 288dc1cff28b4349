"""The report has every measure of naturalness, and marks versions that are over their budget."""

from pathlib import Path
from types import SimpleNamespace

from analysis.report.naturalness import naturalness_of_versions
from stimuli.contract.vocabulary import Direction, PredictedEffect


def test_every_measure_has_its_column_and_what_is_over_its_budget_is_marked():
    effect = PredictedEffect(
        0.3, within_budget=False, realism=0.03, second_realism=0.04, ssim=0.951, psnr_db=27.26,
        feature_distance=0.052, local_distance=0.21, colour_difference=7.1, tone_difference=8.4,
        memory_colour_difference=2.6, clipped=0.0123, seam_octaves=-0.31,
        unusual="701 sharpness -0.4",
    )  # fmt: skip
    stimulus = SimpleNamespace(source_id="dog", direction=Direction.INCREASE, effect=effect)
    original = SimpleNamespace(source_id="dog", direction=Direction.NONE, effect=None)
    study = SimpleNamespace(root=Path("nowhere"), settings=SimpleNamespace(sources=[]))
    analysis = SimpleNamespace(design=SimpleNamespace(stimuli=[original, stimulus], study=study))
    found = naturalness_of_versions(analysis)
    assert found.summary == "0 of 1 versions keep to their budget."
    (row,) = found.versions.rows
    assert row[2:] == [
        "over", "0.03", "0.04", "0.052", "0.21", "7.1", "8.4", "2.6", "27.3", "0.951", "1.23%",
        "-0.31", "701: sharpness -0.4",
    ]  # fmt: skip
    assert len(found.versions.head) == len(row)
