"""Finding the shift or scale with which a version changes its aim by as much as is wanted.

In go a function from a setting to the change that full versions come to, and where it may go; out
comes the setting that comes nearest. A version takes seconds, so few are tried: the line between
the two that enclose what is wanted says which is next.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

MOST_TRIES = 6
_NEAR = 0.1  # of what is wanted, that ends the search


def limits(settings: type, name: str) -> tuple[float, float]:
    """Return the least and the largest value that ``study.toml`` allows."""
    (spec,) = (one for one in fields(settings) if one.name == name)
    return spec.metadata["low"], spec.metadata["high"]


@dataclass(frozen=True)
class Range:
    """The settings that are tried: from where nothing is asked for to the strongest, in steps."""

    neutral: float
    strongest: float
    step: float

    def at(self, share: float) -> float:
        """Return the setting on the grid of steps at a share of the way."""
        raw = self.neutral + share * (self.strongest - self.neutral)
        return round(round(raw / self.step) * self.step, 4)

    def share(self, setting: float) -> float:
        """Return how far a setting is on the way, 0 to 1."""
        share = (setting - self.neutral) / (self.strongest - self.neutral)
        return min(max(share, 0.0), 1.0)


@dataclass(frozen=True)
class Found:
    """The setting that comes nearest to what is wanted, and the change that it comes to."""

    setting: float
    change: float
    reached: bool


def find_strength(
    change_at: Callable[[float], float], wanted: float, settings: Range, start: float
) -> Found:
    """Return the setting whose change comes nearest to what is wanted.

    Parameters
    ----------
    change_at
        From a setting to the change in the direction that is asked for.
    wanted
        Change, above 0.
    start
        Setting to begin with.

    Examples
    --------
    >>> from manipulation.studio_page.strength import Range, find_strength
    >>> find_strength(lambda k: 0.04 * k, 0.1, Range(0.0, 4.0, 0.1), start=1.0)
    Found(setting=2.5, change=0.1, reached=True)
    """
    tried: dict[float, float] = {}
    below, above = (0.0, 0.0), None  # shares of the way and their changes
    share = settings.share(start) or 0.5
    for _ in range(MOST_TRIES):
        setting = settings.at(share)
        if setting in tried:
            break
        change = tried[setting] = change_at(setting)
        if abs(change - wanted) <= _NEAR * wanted:
            break
        if change > wanted:
            above = (share, change)
        elif share >= 1:
            break
        else:
            below = (share, max(change, 0.0))
        share = _next(below, above, wanted)
    best = min(tried, key=lambda one: abs(tried[one] - wanted))
    return Found(best, tried[best], tried[best] >= (1 - _NEAR) * wanted)


def _next(below: tuple[float, float], above: tuple[float, float] | None, wanted: float) -> float:
    """Return the next share: on the line between the two, or beyond the one that falls short."""
    if above is None:
        share, change = below
        return min(1.0, share * min(3.0, 1.1 * wanted / change if change > 0 else 3.0))
    (low, less), (high, more) = below, above
    return low + (high - low) * min(max((wanted - less) / (more - less), 0.1), 0.9)
