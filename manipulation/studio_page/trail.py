"""The versions that were looked at in full, one after the other, to be compared and taken again."""

from dataclasses import dataclass, field

from manipulation.studio_page.outcome import Outcome
from manipulation.studio_page.pictures import photograph_uri
from stimuli.contract.settings import VersionSettings

_KEPT, _SIDE_PX = 12, 192


@dataclass(frozen=True)
class Tried:
    """A version that was looked at in full.

    Attributes
    ----------
    picture
        Data URI, small.
    said
        What was asked for and what is predicted, in a line each.
    """

    version: VersionSettings
    picture: str
    said: tuple[str, str]


@dataclass
class Trail:
    """Versions of the places of a session; the oldest of more than twelve are forgotten."""

    _tried: dict[object, list[Tried]] = field(default_factory=dict)

    def of(self, place: object) -> tuple[Tried, ...]:
        """Return what was tried at a place, the newest last."""
        return tuple(self._tried.get(place, ()))

    def add(self, place: object, version: VersionSettings, outcome: Outcome) -> None:
        """Add a version in full; one that is there keeps its place."""
        one = Tried(
            version, photograph_uri(outcome.version.pixels, _SIDE_PX), _said(version, outcome)
        )
        tried = self._tried.setdefault(place, [])
        there = [other.version for other in tried]
        if version in there:
            tried[there.index(version)] = one
        else:
            self._tried[place] = [*tried, one][-_KEPT:]


def _said(version: VersionSettings, outcome: Outcome) -> tuple[str, str]:
    shifts = [f"{target.k_shift:+g}" for target in version.targets]
    scale = [f"x {version.k_scale:g}"] if version.k_scale != 1 or not shifts else []
    digits = 3 if outcome.objects else 2
    change = f"{outcome.aim.name} {outcome.aim.predicted_change:+.{digits}f}"
    realism = outcome.effect.realism
    natural = "" if realism is None else f", realism {realism:.2f}"
    return ", ".join([*shifts, *scale]), change + natural
