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
    """Return a relative change: ``+43 %``."""
    return f"{100 * value:+z.0f} %".replace("-", MINUS) if math.isfinite(value) else DASH


def percent_interval(low: float, high: float) -> str:
    """Return the interval of a relative change: ``+21 to +65 %``."""
    if not math.isfinite(low + high):
        return DASH
    return f"{100 * low:+z.0f} to {100 * high:+z.0f} %".replace("-", MINUS)
