"""The stimulus catalogue, ``stimuli/stimuli.tsv``.

Manipulation writes it; experiment and analysis read it and check that it holds together.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path

from stimuli.contract.catalogue_checks import check_catalogue
from stimuli.contract.geometry import Rectangle
from stimuli.contract.schemas import (
    CONTROL,
    CONTROL_COLUMNS,
    EDITS,
    MASK_SHA256,
    PHOTOGRAPH_PX,
    SECOND_CHANGE,
    SHA256_COLUMNS,
    STIMULI,
)
from stimuli.contract.vocabulary import (
    ControlRegion,
    Direction,
    PredictedEffect,
    Stimulus,
    Target,
    Transform,
)
from stimuli.support.errors import InputError, shown
from stimuli.support.files import read_json
from stimuli.support.tables import Row, Schema, read_table, write_table

_SECOND_OPINIONS = "SecondOpinions"  # entry of the sidecar: what each shares with a guide
_UNNAMED = "unnamed"  # the judge of a catalogue that has but one column for it


def second_change_columns(schema: Schema, second_opinions: Mapping[str, str]) -> Schema:
    """Return a schema with a column of changes for each model that took no part.

    Parameters
    ----------
    schema
        `STIMULI` or `TRANSFER`.
    second_opinions
        By name of the model what it shares with one that guided, or nothing.
    """
    described = {
        f"{SECOND_CHANGE}{name}": f"The change under {name}, a model that took no part in making "
        f"the version{f'; {shares}' if shares else ''}"
        for name, shares in second_opinions.items()
    }
    return schema.with_members(described, described)


def _row(stimulus: Stimulus, second_opinions: Iterable[str]) -> Row:
    targets, effect = stimulus.targets, stimulus.effect
    row = {
        column.name: getattr(stimulus, column.name, getattr(effect, column.name, None))
        for column in STIMULI.columns
        if not column.family
    }
    for name in CONTROL_COLUMNS:
        row[name] = getattr(stimulus.control, name.removeprefix(CONTROL), None)
    if stimulus.control is not None:  # nothing was asked for that could carry over
        row["transfer"] = row["agrees"] = None
    for name in second_opinions:
        row[f"{SECOND_CHANGE}{name}"] = effect.second_changes.get(name) if effect else None
    row["annotation_ids"] = ";".join(
        "+".join(map(str, target.annotation_ids)) for target in targets
    )
    row["k_shift"] = ";".join(repr(float(target.k_shift)) for target in targets)
    row["mask"] = ";".join(target.mask for target in targets)
    row[MASK_SHA256] = ";".join(target.mask_sha256 or "" for target in targets).strip(";")
    row[EDITS] = edits_as_json(stimulus.edits)
    if stimulus.photograph_px is not None:
        row[PHOTOGRAPH_PX] = ";".join(map(str, astuple(stimulus.photograph_px)))
    return {name: None if value == "" else value for name, value in row.items()}


def _targets(row: Row, where: str) -> tuple[Target, ...]:
    cells = [row["annotation_ids"], row["k_shift"], row["mask"]]
    if all(cell is None for cell in cells):
        return ()
    parts = [[] if cell is None else str(cell).split(";") for cell in cells]
    hashes = row[MASK_SHA256].split(";") if row[MASK_SHA256] else [None] * len(parts[0])
    if len({len(part) for part in parts}) != 1:
        raise InputError(
            f"{where}: annotation_ids, k_shift and mask name "
            f"{', '.join(str(len(part)) for part in parts)} targets; expected as many of each"
        )
    if len(hashes) != len(parts[0]):
        raise InputError(
            f"{where}: {MASK_SHA256} has {len(hashes)} entries; expected {len(parts[0])}"
        )
    try:
        return tuple(
            Target(tuple(int(one) for one in ids.split("+")), float(shift), mask, digest)
            for ids, shift, mask, digest in zip(*parts, hashes, strict=True)
        )
    except ValueError:
        raise InputError(
            f"{where}: a target cannot be read: annotation_ids is {shown(str(cells[0]))}, k_shift "
            f"{shown(str(cells[1]))}; expected numbers, see stimuli.json"
        ) from None


def edits_as_json(edits: Mapping[str, Mapping[str, float]]) -> str:
    """Return amounts of edits by region as they stand in a table; nothing where there are none."""
    return json.dumps(edits) if edits else ""


def _edits(row: Row, where: str) -> dict[str, dict[str, float]]:
    if row[EDITS] is None:
        return {}
    try:
        return {
            str(region): {str(name): float(one) for name, one in amounts.items()}
            for region, amounts in json.loads(row[EDITS]).items()
        }
    except (ValueError, TypeError, AttributeError):
        raise InputError(
            f"{where}: {EDITS} is {row[EDITS]!r}; expected JSON, by region the amount of each "
            f'edit, such as {{"44": {{"exposure": 0.2}}}}; generate the stimuli again'
        ) from None


def _photograph_px(row: Row, where: str) -> Rectangle | None:
    cell = row[PHOTOGRAPH_PX]
    if cell is None:
        return None
    try:
        rectangle = Rectangle(*map(int, cell.split(";")))
    except (ValueError, TypeError):
        rectangle = Rectangle(0, 0, 0, 0)
    if min(astuple(rectangle)) < 0 or min(rectangle.shape) < 1:
        raise InputError(
            f"{where}: {PHOTOGRAPH_PX} is {cell!r}; expected left, top, width and height in whole "
            f"pixels, such as 0;170;1024;683; generate the stimuli again"
        )
    return rectangle


def write_catalogue(
    path: str | Path,
    stimuli: Sequence[Stimulus],
    second_opinions: Mapping[str, str] | None = None,
) -> None:
    """Write the catalogue after the checks that reading makes.

    Parameters
    ----------
    second_opinions
        The models that took no part, by name, with what each shares with a model that guided, in
        words; by default those that the effects name, of which nothing is known.
    """
    check_catalogue(stimuli, Path(path))
    if second_opinions is None:
        effects = (one.effect for one in stimuli if one.effect)
        second_opinions = {name: "" for one in effects for name in one.second_changes}
    absent = set() if any(one.control for one in stimuli) else set(CONTROL_COLUMNS)
    if all(one.photograph_px is None for one in stimuli):
        absent.add(PHOTOGRAPH_PX)
    if not any(one.edits for one in stimuli):
        absent.add(EDITS)
    rows = [_row(one, second_opinions) for one in stimuli]
    absent.update(name for name in SHA256_COLUMNS if all(row[name] is None for row in rows))
    write_table(
        path,
        second_change_columns(STIMULI, second_opinions).without(absent),
        [{name: row[name] for name in row if name not in absent} for row in rows],
        sidecar={_SECOND_OPINIONS: second_opinions},
    )


def read_second_opinions(path: str | Path) -> dict[str, str]:
    """Return what each model that took no part shares with one that guided, by its name.

    Parameters
    ----------
    path
        The catalogue; its sidecar says it. Nothing where there is none.
    """
    sidecar = Path(path).with_suffix(".json")
    content = read_json(sidecar) if sidecar.is_file() else None
    return content.get(_SECOND_OPINIONS, {}) if isinstance(content, dict) else {}


def read_catalogue(path: str | Path) -> tuple[Stimulus, ...]:
    """Read the catalogue.

    Raises
    ------
    InputError
        If it is absent or a row is wrong; if a stimulus occurs twice, or a block does not hold
        every source once.

    Examples
    --------
    >>> from stimuli import open_study, read_catalogue
    >>> stimuli = read_catalogue(open_study("demo-study").catalogue)
    >>> sorted({stimulus.block.value for stimulus in stimuli})
    ['originals', 'versions-1', 'versions-2']
    >>> pulled = [one for one in stimuli if one.direction == "increase" and one.targets]
    >>> all(one.effect.predicted_change > 0 for one in pulled)
    True
    """
    stimuli = []
    for number, row in enumerate(read_table(path, STIMULI), start=2):
        where = f"{path}, line {number}"
        empty = [name for name in _REQUIRED if row[name] is None]
        if empty:
            raise InputError(f"{where}: {empty[0]} is n/a; expected a value")
        stimuli.append(
            Stimulus(
                **{name: row[name] for name in _PLAIN},
                targets=_targets(row, where),
                transform=row["transform"] or Transform.NONE,
                effect=_effect(row),
                control=_control(row, where),
                photograph_px=_photograph_px(row, where),
                photograph=row["photograph"] or "",
                edits=_edits(row, where),
            )
        )
    check_catalogue(stimuli, Path(path))
    return tuple(stimuli)


def _effect(row: Row) -> PredictedEffect | None:
    if row["predicted"] is None:
        return None
    changes = {
        name.removeprefix(SECOND_CHANGE): change
        for name, change in row.items()
        if name.startswith(SECOND_CHANGE) and change is not None
    }
    if not changes and row["second_change"] is not None:
        changes = {_UNNAMED: row["second_change"]}
    names = (spec.name for spec in fields(PredictedEffect) if spec.name != "second_changes")
    return PredictedEffect(**{name: row[name] for name in names}, second_changes=changes)


def _control(row: Row, where: str) -> ControlRegion | None:
    if row["direction"] != Direction.CONTROL:
        return None
    values = {name.removeprefix(CONTROL): row[name] for name in CONTROL_COLUMNS}
    may_lack = ("annotation_id", MASK_SHA256)
    absent = [name for name, value in values.items() if value is None and name not in may_lack]
    if absent:
        raise InputError(
            f"{where}: {CONTROL}{absent[0]} is n/a; expected a value for a control; generate the "
            f"stimuli again"
        )
    return ControlRegion(**values)


_OTHER = ("targets", "transform", "effect", "control", PHOTOGRAPH_PX, "photograph", EDITS)
_PLAIN = tuple(spec.name for spec in fields(Stimulus) if spec.name not in _OTHER)
_REQUIRED = tuple(
    name for name in _PLAIN if name not in ("target", "target_sha256", "prediction_sha256")
)
