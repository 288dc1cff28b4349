"""Two sets of stimuli of one study side by side: which differ in bytes, and what may be why.

In come two study folders; nothing is written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from manipulation.study_stimuli.build_record import BuildRecord
from manipulation.study_stimuli.made_with import MADE_WITH
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Stimulus

_MADE = ("image_sha256", "target_sha256", "prediction_sha256")


@dataclass(frozen=True)
class ComparedSets:
    """What differs between two sets of stimuli.

    Attributes
    ----------
    alike
        Stimuli whose image, target, prediction and masks have the same bytes.
    differing
        What differs of each other stimulus of both, by its name.
    only
        Stimuli that only one of the two has.
    settings, made_with
        What differs of the settings, and of what the sets were made with, by name: values of the
        first and of the second.
    """

    alike: tuple[str, ...]
    differing: Mapping[str, tuple[str, ...]]
    only: tuple[str, ...]
    settings: Mapping[str, tuple[object, object]]
    made_with: Mapping[str, tuple[str, str]]

    @property
    def same(self) -> bool:
        """Whether both sets have the same bytes."""
        return not self.differing and not self.only


def compare_sets(first: Study, second: Study) -> ComparedSets:
    """Compare the stimuli of two studies, or of one that was made twice.

    Raises
    ------
    InputError
        If a catalogue is absent or wrong.

    Examples
    --------
    >>> from manipulation import compare_sets
    >>> from stimuli import open_study
    >>> compared = compare_sets(open_study("demo-study"), open_study("demo-study"))
    >>> compared.same, len(compared.alike)
    (True, 9)
    """
    studies = (first, second)
    a, b = ({one.stim_id: one for one in read_catalogue(study.catalogue)} for study in studies)
    differing = {name: _differences(a[name], b[name]) for name in a if name in b}
    with_a, with_b = _made_with(first.root, a), _made_with(second.root, b)
    return ComparedSets(
        alike=tuple(name for name, found in differing.items() if not found),
        differing={name: found for name, found in differing.items() if found},
        only=tuple(sorted(a.keys() ^ b.keys())),
        settings=_settings(first.settings, second.settings),
        made_with={
            name: (with_a.get(name, "unknown"), with_b.get(name, "unknown"))
            for name in dict.fromkeys([*with_a, *with_b])
            if with_a.get(name) != with_b.get(name)
        },
    )


def _differences(one: Stimulus, other: Stimulus) -> tuple[str, ...]:
    found = [name.removesuffix("_sha256") for name in _MADE
             if getattr(one, name) != getattr(other, name)]  # fmt: skip
    masks = ([target.mask_sha256 for target in stimulus.targets] for stimulus in (one, other))
    return (*found, *(() if next(masks) == next(masks) else ("mask",)))


def _made_with(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Return what a set was made with; values of which there are several are joined."""
    values: dict[str, dict[str, None]] = {}
    for name in names:
        for key, value in (BuildRecord(root, name).value(MADE_WITH) or {}).items():
            values.setdefault(key, {})[str(value)] = None
    return {key: " or ".join(found) for key, found in values.items()}


def _settings(first: Settings, second: Settings) -> dict[str, tuple[object, object]]:
    found: dict[str, tuple[object, object]] = {}
    for section in ("study", "images", "manipulation", "edits", "pixels", "design"):
        one, other = getattr(first, section), getattr(second, section)
        for spec in fields(one):
            pair = getattr(one, spec.name), getattr(other, spec.name)
            if pair[0] != pair[1] and (section, spec.name) != ("study", "name"):
                found[f"{section}.{spec.name}"] = pair
    if first.sources != second.sources:
        found["sources"] = ("those of the first", "others")
    return found


def compared_in_words(compared: ComparedSets) -> list[str]:
    """Return what differs between two sets, in sentences."""
    told = [f"{len(compared.alike)} stimuli have the same bytes in both."]
    if compared.only:
        told.append(f"Only one of the two has {', '.join(compared.only)}.")
    for name, found in compared.differing.items():
        told.append(f"{name} differs in {' and '.join(found)}.")
    if compared.same:
        return told
    for name, (one, other) in {**compared.settings, **compared.made_with}.items():
        told.append(f"{name} is {one} in the first and {other} in the second.")
    if not compared.settings and not compared.made_with:
        told.append(
            "Settings, versions, processor and number of threads are the same, as far as they are "
            "recorded: were files changed, or photographs?"
        )
    elif not compared.settings:
        told.append(
            "The settings are the same: make the set again with the versions and the number of "
            "threads of the other (OMP_NUM_THREADS), or pass on the folder."
        )
    return told
