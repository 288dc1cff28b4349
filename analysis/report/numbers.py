"""Numbers as a paper prints them: a true minus sign, and a dash where there is none."""

import math

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def plain(value: float, digits: int) -> str:
    """Return a number: ``0.091``."""
    return f"{value:z.{digits}f}".replace("-", MINUS) if math.isfinite(value) else DASH


def signed(value: float, digits: int = 2) -> str:
    """Return a change: ``+0.09``."""
    return f"{value:+z.{digits}f}".replace("-", MINUS) if math.isfinite(value) else DASH


def two_digits(value: float) -> str:
    """Return a number to two significant digits, without an exponent: ``120``."""
    return f"{float(f'{value:.2g}'):g}"


def percent(value: float) -> str:
    """Return a relative change, with a decimal where it is below one: ``+43 %``, ``+0.3 %``."""
    return f"{_percent(value)} %" if math.isfinite(value) else DASH


def percent_interval(low: float, high: float) -> str:
    """Return the interval of a relative change: ``+21 to +65 %``."""
    return f"{_percent(low)} to {_percent(high)} %" if math.isfinite(low + high) else DASH


def _percent(value: float) -> str:
    digits = 0 if abs(value) >= 0.0095 else 1
    return f"{100 * value:+z.{digits}f}".replace("-", MINUS)
