"""What is on the table in the studio: the version being tuned, and choices not yet saved.

One person works on one study. What was chosen is kept here rather than in the page, so that it
survives a reload; what is saved stands in the study.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from manipulation.studio_page import saving
from manipulation.studio_page.outcome import Outcome
from manipulation.studio_page.regions import Region, key_of
from manipulation.studio_page.turns import Superseded, Turns
from manipulation.studio_page.workbench import Bench, Workbench
from manipulation.study_stimuli.stimulus_set import Report
from stimuli.contract.settings import VersionSettings
from stimuli.contract.vocabulary import Condition, Direction, Transform
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class _Place:
    source_id: str
    direction: Direction


class Session:
    """The studio's state and what can be done in it.

    Parameters
    ----------
    root
        Study folder.

    Raises
    ------
    InputError
        If anything about the study is wrong.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.turns = root, Turns()
        self.workbench = Workbench(root)
        self._drafts: dict[_Place, VersionSettings] = {}
        first = self.workbench.settings.sources[0]
        self._place = _Place(first.source_id, Direction.INCREASE)

    @property
    def source_id(self) -> str:
        """The source on the table."""
        return self._place.source_id

    @property
    def direction(self) -> Direction:
        """Which of the two versions of the source."""
        return self._place.direction

    @property
    def bench(self) -> Bench:
        """The source with its photograph and regions."""
        return self.workbench.bench(self.source_id)

    @property
    def stated(self) -> VersionSettings:
        """The version as ``study.toml`` states it."""
        return self.workbench.version(self.source_id, self.direction)

    @property
    def version(self) -> VersionSettings:
        """The version as chosen: with what is not yet saved."""
        return self._drafts.get(self._place, self.stated)

    @property
    def unsaved(self) -> bool:
        """Whether what is chosen differs from what ``study.toml`` states."""
        return self.version != self.stated

    @property
    def unsaved_places(self) -> list[tuple[str, str]]:
        """Sources and directions of all choices that are not saved."""
        return [
            (place.source_id, place.direction)
            for place, draft in self._drafts.items()
            if draft != self.workbench.version(place.source_id, place.direction)
        ]

    @property
    def chosen(self) -> list[Region]:
        """The regions that the version aims at; the first is the aim."""
        regions = self.bench.regions
        return [regions[key_of(target)] for target in self.version.targets]

    @property
    def takes_objects(self) -> bool:
        """Whether versions of this source have targets; those for entropy alone have none."""
        return self.bench.source.condition == Condition.OBJECT

    def refresh(self) -> None:
        """Read the study again if its ``study.toml`` has changed; choices are kept."""
        if self.workbench.is_current:
            return
        self.workbench = Workbench(self.root)
        known = {one.source_id: one for one in self.workbench.settings.sources}
        self._drafts = {at: one for at, one in self._drafts.items() if at.source_id in known}
        if self.source_id not in known:
            self._place = _Place(next(iter(known)), Direction.INCREASE)
        self._forget_drafts_of_what_is_gone()

    def _forget_drafts_of_what_is_gone(self) -> None:
        for place, draft in list(self._drafts.items()):
            regions = self.workbench.bench(place.source_id).regions
            if not {key_of(target) for target in draft.targets} <= regions.keys():
                del self._drafts[place]

    def regions_changed(self) -> None:
        """Take note of a region that was kept in the study, or removed."""
        if self.workbench.is_current:
            self.workbench.regions_changed()
            self._forget_drafts_of_what_is_gone()
        else:
            self.refresh()
            here = self.source_id  # is another kind of source now
            self._drafts = {at: one for at, one in self._drafts.items() if at.source_id != here}

    def show(self, source_id: str, direction: str) -> None:
        """Take a version of a source on the table."""
        self.workbench.source(source_id)
        self._place = _Place(source_id, Direction(direction))

    def choose(self, keys: Sequence[str]) -> None:
        """Choose regions; those that stay keep their order and shifts, new ones come last.

        A new aim is shifted as the version's direction asks, every further region the other way.

        Raises
        ------
        InputError
            If the source takes no objects, or has no such region.
        """
        if keys and not self.takes_objects:
            raise InputError(
                f"{self.source_id} is a source for entropy alone, so its versions have no objects; "
                f'move k_scale, or set condition = "object" for it in study.toml'
            )
        regions = self.bench.regions
        if unknown := [key for key in keys if key not in regions]:
            raise InputError(f"{self.source_id}: has no region {unknown[0]!r}; choose another")
        targets = [target for target in self.version.targets if key_of(target) in keys]
        present = {key_of(target) for target in targets}
        for key in keys:
            if key not in present:
                towards = 1 if self.direction == Direction.INCREASE else -1
                sign = -towards if targets else towards
                shift = sign * self.workbench.settings.manipulation.k_shift
                targets.append(regions[key].target(shift))
        self._draft(replace(self.version, targets=tuple(targets)))

    def toggle(self, key: str) -> None:
        """Choose a region, or leave it out if it is chosen, alone or in a union."""
        keys = [key_of(target) for target in self.version.targets]
        regions = self.bench.regions
        clicked = set(regions[key].ids) if key in regions else set()
        kept = [one for one in keys if not clicked & set(regions[one].ids)]
        self.choose(kept if len(kept) < len(keys) else [*keys, key])

    def aim_at(self, key: str) -> None:
        """Make a chosen region the aim, by which the version is judged."""
        targets = sorted(self.version.targets, key=lambda target: key_of(target) != key)
        self._draft(replace(self.version, targets=tuple(targets)))

    def tune(self, shifts: Sequence[float], k_scale: float, transform: str) -> None:
        """Set the shifts of the chosen regions in their order, the scale, and the transform."""
        targets = tuple(
            replace(target, k_shift=float(shift))
            for target, shift in zip(self.version.targets, shifts, strict=False)
        )
        usual = self.workbench.settings.manipulation.transform
        stated = None if transform == usual and not self.stated.transform else transform
        self._draft(
            replace(
                self.version,
                targets=targets,
                k_scale=float(k_scale),
                transform=None if stated is None else Transform(stated),
            )
        )

    def discard(self) -> None:
        """Go back to the version that ``study.toml`` states."""
        self._drafts.pop(self._place, None)

    def look(self) -> Outcome:
        """Return the version on the table as far as it can be had at once: saved or a preview.

        Raises
        ------
        InputError
            If it cannot be made, or a file of it cannot be read.
        Superseded
            If something newer is asked for.
        """
        with self.turns.working(self.turns.new()):
            if not self.unsaved:
                found = self.workbench.saved(self.source_id, self.version)
                if found:
                    return found
            return self.workbench.preview(self.source_id, self.version)

    def finish(self) -> Outcome | None:
        """Return the version on the table as saving would make it; None once it is superseded.

        Raises
        ------
        InputError
            If it cannot be made, or a file of it cannot be read.
        """
        try:
            with self.turns.working(self.turns.newest) as check:
                return self.workbench.full(self.source_id, self.version, check)
        except Superseded:
            return None

    def save(self, report: Report) -> str:
        """Save the version into the study and make its files; return what was done.

        Raises
        ------
        InputError
            If it cannot be made, somebody has seen the stimuli, makes them or has changed the
            version meanwhile.
        """
        with self.turns.working(self.turns.new()):
            name = f"{self.source_id}, {self.direction}"
            self.workbench.check(self.source_id, self.version)
            try:
                changed = saving.save(
                    self.workbench.study, self.source_id, self.version, report, shown=self.stated
                )
                self.discard()
            finally:
                self.refresh()  # what others have changed, too; the choice that is refused stays
        return f"Saved: {name}." if changed else f"{name} is as study.toml asks."

    def undo(self, report: Report) -> str:
        """Take the last save back and show that version; return what was done.

        Raises
        ------
        InputError
            If there is nothing to undo, or ``study.toml`` was changed since.
        """
        with self.turns.working(self.turns.new()):
            saved = saving.undo(self.workbench.study, report)
            self.refresh()
            source_id, _, direction = saved.what.rpartition(", ")
            if source_id in {one.source_id for one in self.workbench.settings.sources}:
                self.show(source_id, direction)
                self.discard()
        return f"Undone: {saved.what} is as it was before."

    @property
    def undoable(self) -> str | None:
        """The version whose saving an undo would take back, or None."""
        saved = saving.last_save(self.workbench.study)
        return saved.what if saved else None

    def _draft(self, version: VersionSettings) -> None:
        self._drafts[self._place] = version
