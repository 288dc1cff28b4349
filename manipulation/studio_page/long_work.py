"""Work on the version on the table that takes several versions in full, or draws one."""

from dataclasses import replace

from manipulation.studio_page.outcome import Stage
from manipulation.studio_page.paper_figure import paper_figure, write_paper_figure
from manipulation.studio_page.session import Session
from manipulation.studio_page.strength import MOST_TRIES, Range, find_strength, limits
from manipulation.study_stimuli.stimulus_set import Report
from stimuli.contract.credits import credit_of, figure_legend
from stimuli.contract.settings import TargetSettings, VersionSettings
from stimuli.contract.vocabulary import Direction
from stimuli.support.errors import InputError

_SHIFT_STEP, _SCALE_STEP = 0.1, 0.05  # those of the sliders


def reach_change(session: Session, wanted: float | None, report: Report) -> str:
    """Set the aim's shift, or the scale, such that the aim changes by as much as is wanted.

    The change is that of versions in full, in the mean of the model that guides and the judges, as
    `manipulation.aim` counts it.

    Raises
    ------
    InputError
        If `wanted` is not above 0, or the version cannot be made.
    Superseded
        If something newer is asked for.
    """
    if not (wanted and wanted > 0):
        raise InputError(f"the change to find is {wanted}; expected one above 0, such as 0.10")
    with session.turns.working(session.turns.new()) as check:
        before = session.version
        session.workbench.check(session.source_id, before)
        of_shift = bool(before.targets)
        name = "k_shift" if of_shift else "k_scale"
        sign = 1 if session.direction == Direction.INCREASE else -1
        tries = 0

        def change_at(setting: float) -> float:
            nonlocal tries
            report(tries, MOST_TRIES, f"trying {name} {setting:g}")
            tries += 1
            return sign * session.look_in_full(_at(before, setting), check).mean_change

        start = before.targets[0].k_shift if of_shift else before.k_scale
        best = find_strength(change_at, wanted, _range(of_shift, session.direction), start)
        session.set(_at(before, best.setting))
    digits, unit = (3, "of p_obj") if of_shift else (2, "bits")
    change = f"{sign * best.change:+.{digits}f} {unit} in the mean of all models"
    if best.reached:
        return f"Found: {name} {best.setting:g} comes to {change}. Save keeps it."
    return (
        f"Not reached: {name} {best.setting:g} comes to {change}, the most that was found. Choose "
        f"another object, or allow more in study.toml (manipulation.budget)."
    )


def _at(version: VersionSettings, setting: float) -> VersionSettings:
    if not version.targets:
        return replace(version, k_scale=setting)
    aim, *others = version.targets
    return replace(version, targets=(replace(aim, k_shift=setting), *others))


def _range(of_shift: bool, direction: Direction) -> Range:
    """Return where a shift or a scale may go; a larger scale lowers the entropy."""
    least, most = limits(TargetSettings, "k_shift")
    if not of_shift:
        most, least = limits(VersionSettings, "k_scale")
    strongest = most if direction == Direction.INCREASE else least
    return Range(0.0 if of_shift else 1.0, strongest, _SHIFT_STEP if of_shift else _SCALE_STEP)


def export_figure(session: Session, report: Report) -> str:
    """Write the version on the table as a figure for a paper; return where it is.

    Raises
    ------
    InputError
        If it cannot be made.
    Superseded
        If something newer is asked for.
    """
    report(0, 1, "drawing the figure")
    with session.turns.working(session.turns.new()) as check:
        version, workbench = session.version, session.workbench
        found = None if session.unsaved else workbench.saved(session.source_id, version)
        found = found or session.look_in_full(version, check)
        credit = figure_legend([credit_of(session.source_id, session.bench.material.licence)])
        regions = {one.name: one.mask for one in session.chosen}
        folder = workbench.study.stimuli / "figures"
        path = folder / f"{session.source_id}_{session.direction}.png"
        write_paper_figure(path, paper_figure(found, regions, credit))
    unsaved = "" if found.stage == Stage.SAVED else " It shows a version that is not saved."
    return f"Written: {path} and .pdf beside it.{unsaved}"
