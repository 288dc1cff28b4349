"""Choices that are not saved yet: a version for each source and direction that was changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from manipulation.studio_page.choosing import Regions, Targets, with_regions
from manipulation.studio_page.regions import key_of
from stimuli.contract.settings import VersionSettings
from stimuli.contract.vocabulary import Direction


@dataclass(frozen=True)
class Place:
    """One of the two versions of a source."""

    source_id: str
    direction: Direction


class Drafts:
    """Versions that were chosen, and the targets that were left out of them just before."""

    def __init__(self) -> None:
        self._versions: dict[Place, VersionSettings] = {}
        self._left_out: dict[Place, Targets] = {}  # all, before some were left out

    def of(self, place: Place) -> VersionSettings | None:
        """Return what was chosen, if anything was."""
        return self._versions.get(place)

    def set(self, place: Place, version: VersionSettings) -> None:
        """Choose a version; what was left out before is forgotten."""
        self._left_out.pop(place, None)
        self._versions[place] = version

    def tune(self, place: Place, version: VersionSettings) -> None:
        """Choose a version with the same regions."""
        self._versions[place] = version

    def choose(
        self, place: Place, version: VersionSettings, keys: Sequence[str], regions: Regions,
        k_shift: float,
    ) -> None:  # fmt: skip
        """Choose the version with some regions (`with_regions`).

        One that was left out just before comes back to its place, with its shift.

        Raises
        ------
        InputError
            If there is no such region.
        """
        present = version.targets
        known = self._known(place, present, keys)
        chosen = with_regions(version, keys, regions, known, k_shift)
        if not chosen.targets and len(present) > 1:  # a fresh start
            self._left_out.pop(place, None)
        elif not chosen.targets:
            self._left_out[place] = present
        elif not {key_of(one) for one in present} <= set(keys):
            self._left_out.setdefault(place, present)
        self._versions[place] = chosen

    def _known(self, place: Place, present: Targets, keys: Sequence[str]) -> Targets:
        """Return targets in their order, with those that come back after they were left out."""
        now = {key_of(one): one for one in present}
        before = self._left_out.get(place, ())
        if not set(keys) | now.keys() <= {key_of(one) for one in before}:
            self._left_out.pop(place, None)  # something else is chosen
            return present
        return tuple(now.get(key_of(one), one) for one in before)

    def discard(self, place: Place) -> None:
        """Forget what was chosen."""
        self._versions.pop(place, None)
        self._left_out.pop(place, None)

    def saved(self, place: Place, version: VersionSettings) -> None:
        """Forget what was saved, unless something else was chosen meanwhile."""
        if self._versions.get(place) == version:
            del self._versions[place]

    def keep(self, wanted: Callable[[Place, VersionSettings], bool]) -> None:
        """Forget what is not wanted any more."""
        self._versions = {at: one for at, one in self._versions.items() if wanted(at, one)}

    def differing(self, stated: Callable[[Place], VersionSettings]) -> list[Place]:
        """Return where something else was chosen than is stated."""
        return [place for place, one in self._versions.items() if one != stated(place)]
