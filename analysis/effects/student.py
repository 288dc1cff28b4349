"""Student's t, from `scipy.special`: `scipy.stats` takes longer to import than a study to read."""

from scipy.special import stdtr, stdtrit


def quantile(share: float, freedom: float) -> float:
    """Return the value of t that a share of its distribution lies below; NaN without freedom."""
    return float(stdtrit(freedom, share))


def two_sided(t: float, freedom: float) -> float:
    """Return the probability of a t as far from zero as this, or farther."""
    return 2.0 * float(stdtr(freedom, -abs(t)))
