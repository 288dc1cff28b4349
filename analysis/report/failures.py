"""What is said of failures: people did the opposite of the prediction."""

from collections.abc import Mapping, Sequence

from analysis.effects.contrasts import Contrast
from analysis.effects.failures import failed_contrasts, failure_rank
from analysis.report.numbers import percent, signed
from analysis.report.panel_source import target_name
from stimuli.contract.vocabulary import Viewer

SHOWN = 6  # in the figure


def failure_text(contrast: Contrast) -> str:
    """Return what happened, in words: ``+0.07 (+19 %), predicted -0.32 (-44 %)``."""
    unit = "" if contrast.comparison.target else " bits"
    people, predicted = (
        f"{signed(contrast.change(viewer), 2)}{unit} ({percent(contrast.relative_change(viewer))})"
        for viewer in (Viewer.PEOPLE, Viewer.MODEL)
    )
    return f"people {people}, predicted {predicted}"


def failure_name(contrast: Contrast, names: Mapping[tuple[str, str], str]) -> str:
    """Return which comparison failed, in words (`target_names`)."""
    comparison = contrast.comparison
    what = target_name(comparison, names) if comparison.target else "entropy"
    version = comparison.version
    # A second object of a version is asked to go the other way than the version's first.
    other = version.direction != comparison.direction
    within = f" in the version to {version.direction}" if other else ""
    return f"{version.source_id}, {what}, to {comparison.direction}{within}"


def may_be_shown(source_id: str, contrasts: Sequence[Contrast]) -> bool:
    """Return whether a source may be in the figure, by the contrasts that are known so far."""
    failures = failed_contrasts(contrasts)
    last = [failure_rank(one) for one in failures[SHOWN - 1 : SHOWN]]
    return any(
        one.comparison.version.source_id == source_id
        and all(failure_rank(one) <= it for it in last)
        for one in failures
    )
