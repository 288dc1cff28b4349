"""What is on the table in the studio: the version being tuned, and choices not yet saved.

One person works on one study. What was chosen is kept here rather than in the page, so that it
survives a reload; what is saved stands in the study.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from manipulation.studio_page import saving
from manipulation.studio_page.afterwards import Afterwards
from manipulation.studio_page.choosing import (
    aimed_at,
    keys_of,
    shifted,
    toggled,
    with_exchanged,
)
from manipulation.studio_page.drafts import Drafts, Place
from manipulation.studio_page.outcome import Outcome
from manipulation.studio_page.regions import Region
from manipulation.studio_page.trail import Trail, Tried
from manipulation.studio_page.turns import Superseded, Turns
from manipulation.studio_page.workbench import Bench, Workbench
from manipulation.study_stimuli.stimulus_set import Report
from stimuli.contract.settings import VersionSettings
from stimuli.contract.vocabulary import Condition, Direction, Transform
from stimuli.support.errors import InputError


class ShownElsewhere(InputError):
    """A page asks for something on what it shows, which is not what is on the table."""


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
        self.root, self.turns, self.trail = root, Turns(), Trail()
        self.afterwards = Afterwards()
        self.workbench = Workbench(root)
        self._drafts = Drafts()
        first = self.workbench.settings.sources[0]
        self._place = Place(first.source_id, Direction.INCREASE)

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
        return self._drafts.of(self._place) or self.stated

    @property
    def unsaved(self) -> bool:
        """Whether what is chosen differs from what ``study.toml`` states."""
        return self.version != self.stated

    @property
    def unsaved_places(self) -> list[tuple[str, str]]:
        """Sources and directions of all choices that are not saved."""
        differing = self._drafts.differing(
            lambda place: self.workbench.version(place.source_id, place.direction)
        )
        return [(place.source_id, place.direction) for place in differing]

    @property
    def chosen(self) -> list[Region]:
        """The regions that the version aims at; the first is the aim."""
        return [self.bench.regions[key] for key in keys_of(self.version)]

    @property
    def takes_objects(self) -> bool:
        """Whether versions of this source have targets; those for entropy alone have none."""
        return self.bench.source.condition == Condition.OBJECT

    def refresh(self) -> None:
        """Read the study again if its ``study.toml`` has changed; choices are kept."""
        if self.workbench.is_current:
            return
        found = self.workbench.found
        self.workbench = Workbench(self.root)
        self.workbench.found = found  # it states what it was made from
        known = {one.source_id: one for one in self.workbench.settings.sources}
        self._drafts.keep(lambda place, _: place.source_id in known)
        if self.source_id not in known:
            self._place = Place(next(iter(known)), Direction.INCREASE)
        self._forget_drafts_of_what_is_gone()

    def _forget_drafts_of_what_is_gone(self) -> None:
        def is_there(place: Place, draft: VersionSettings) -> bool:
            return set(keys_of(draft)) <= self.workbench.bench(place.source_id).regions.keys()

        self._drafts.keep(is_there)

    def regions_changed(self) -> None:
        """Take note of a region that was kept in the study, or removed."""
        if self.workbench.is_current:
            self.workbench.regions_changed()
            self._forget_drafts_of_what_is_gone()
        else:
            self.refresh()
            here = self.source_id  # is another kind of source now
            self._drafts.keep(lambda place, _: place.source_id != here)

    def show(self, source_id: str, direction: str) -> None:
        """Take a version of a source on the table."""
        self.workbench.source(source_id)
        self._place = Place(source_id, Direction(direction))

    def check_shown(
        self, source_id: str, direction: str, keys: Sequence[str] | None = None
    ) -> None:
        """Check that what a page shows is what is on the table; events of another are refused.

        Parameters
        ----------
        keys
            Regions that the page shows as chosen, in any order; None where they do not matter.

        Raises
        ------
        ShownElsewhere
            If another page took something else on the table, or chose other regions.
        """
        here = (self.source_id, str(self.direction))
        if (source_id, direction) != here:
            raise ShownElsewhere(
                f"This page shows {source_id}, {direction}, and another page of this study took "
                f"{', '.join(here)} on the table since; nothing was changed. Choose a source or "
                f"direction here, or reload, to go on in this page."
            )
        if keys is not None and set(keys) != set(keys_of(self.version)):
            raise ShownElsewhere(
                f"{source_id}, {direction}: other objects were chosen meanwhile, in another page "
                f"or while this was asked; nothing was changed. Look, and try again, or reload."
            )

    def choose(self, keys: Sequence[str]) -> None:
        """Choose regions (`Drafts.choose`).

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
        usual = self.workbench.settings.manipulation.k_shift
        with self._naming_the_source():
            self._drafts.choose(self._place, self.version, keys, self.bench.regions, usual)

    def exchange(self, old: str, new: str) -> None:
        """Choose a region in place of a chosen one (`with_exchanged`)."""
        with self._naming_the_source():
            self.set(with_exchanged(self.version, old, new, self.bench.regions))

    def toggle(self, key: str) -> None:
        """Choose a region, or leave it out (`toggled`)."""
        self.choose(toggled(keys_of(self.version), key, self.bench.regions))

    def aim_at(self, key: str) -> None:
        """Make a chosen region the aim."""
        self.set(aimed_at(self.version, key))

    def tune(self, shifts: Sequence[float], k_scale: float, transform: str) -> None:
        """Set the shifts of the chosen regions in their order, the scale, and the transform."""
        usual = self.workbench.settings.manipulation.transform
        stated = None if transform == usual and not self.stated.transform else Transform(transform)
        version = shifted(self.version, shifts)
        version = replace(version, k_scale=float(k_scale), transform=stated)
        self._drafts.tune(self._place, version)

    @contextmanager
    def _naming_the_source(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            raise InputError(f"{self.source_id}: {error}") from None

    def discard(self) -> None:
        """Go back to the version that ``study.toml`` states."""
        self._drafts.discard(self._place)

    def look(self) -> Outcome:
        """Return the version on the table as far as it can be had at once.

        That is as saved, in full where it was finished lately, or a preview.

        Raises
        ------
        InputError
            If it cannot be made, or a file of it cannot be read.
        Superseded
            If something newer is asked for.
        """
        with self.turns.working(self.turns.new()):
            if found := self._as_saved():
                return found
            if finished := self.workbench.finished(self.source_id, self.version):
                return finished
            return self.workbench.preview(self.source_id, self.version)

    def finish(self) -> Outcome | None:
        """Return the version on the table in full; None once it is superseded."""
        try:
            with self.turns.working(self.turns.newest) as check:
                return self._as_saved() or self.look_in_full(self.version, check)
        except Superseded:
            return None

    def _as_saved(self) -> Outcome | None:
        """Return the version on the table as the study has it; None where it has another."""
        found = None if self.unsaved else self.workbench.saved(self.source_id, self.version)
        if found:
            self.trail.add(self._place, self.version, found)
        return found

    def save(self, report: Report) -> str:
        """Save the version into the study and make its files; return what was done.

        What is chosen while the save waits for its turn is not saved.

        Raises
        ------
        InputError
            If it cannot be made, somebody has seen the stimuli, makes them or has changed the
            version meanwhile.
        """
        place, version, stated = self._place, self.version, self.stated
        name = f"{place.source_id}, {place.direction}"
        with self.turns.certain():
            self.workbench.check(place.source_id, version)
            try:
                changed = saving.save(
                    self.workbench.study, place.source_id, version, report, shown=stated,
                    found=self.workbench.found, later=self.afterwards.do,
                )  # fmt: skip
                self._drafts.saved(place, version)
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
        with self.turns.certain():
            saved = saving.undo(self.workbench.study, report, later=self.afterwards.do)
            self.refresh()
            source_id, _, direction = saved.what.rpartition(", ")
            if source_id in {one.source_id for one in self.workbench.settings.sources}:
                self.show(source_id, direction)
                self.discard()
        return f"Undone: {saved.what} is as it was before."

    def close(self) -> None:
        """End: a search gives up, a save that has begun and what follows it are waited for."""
        self.turns.end()
        self.afterwards.finish()

    @property
    def tried(self) -> tuple[Tried, ...]:
        """The versions of what is on the table that were looked at in full, the newest last."""
        return self.trail.of(self._place)

    def take(self, number: int) -> None:
        """Choose a version again that was looked at before, by its number among `tried`.

        Raises
        ------
        InputError
            If there is none, or a region of it is gone.
        """
        tried = self.tried
        if not 0 <= number < len(tried):
            raise InputError(f"version {number} was not tried; expected 0 to {len(tried) - 1}")
        version = tried[number].version
        if gone := [key for key in keys_of(version) if key not in self.bench.regions]:
            raise InputError(f"{self.source_id}: has no region {gone[0]!r} any more")
        self.set(version)

    def set(self, version: VersionSettings) -> None:
        """Choose a version of what is on the table; what was left out before is forgotten."""
        self._drafts.set(self._place, version)

    def look_in_full(self, version: VersionSettings, check: Callable[[], None]) -> Outcome:
        """Return a version of what is on the table in full (`Workbench.full`), and remember it."""
        place = self._place
        found = self.workbench.finished(place.source_id, version)
        found = found or self.workbench.full(place.source_id, version, check)
        self.trail.add(place, version, found)
        return found

    @property
    def saves(self) -> list[tuple[str, str]]:
        """What was saved and can be undone, the last first, each with its time."""
        return saving.saves(self.workbench.study)

    @property
    def undoable(self) -> str | None:
        """The version whose saving an undo would take back, or None."""
        saved = saving.last_save(self.workbench.study)
        return saved.what if saved else None
