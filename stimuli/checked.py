"""Settings that check themselves: dataclasses whose fields know their range, choices and meaning.

In come tables as TOML holds them; out comes a tree of frozen dataclasses. An unknown key, a wrong
type and a value out of range are errors that name the key, the value, what was expected and, where
it can be guessed, the repair.
"""

import dataclasses
import math
import types
import typing

from stimuli.errors import InputError, nearest


def setting(default, help: str, low=None, high=None, choices=()):
    """Return a field with a default, its meaning, the least and the largest value, and choices."""
    metadata = {"help": help, "low": low, "high": high, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata=metadata)


def required(help: str, choices=()):
    """Return a field that must be stated."""
    return setting(dataclasses.MISSING, help, choices=choices)


# A value in the wrong unit is off by one of these factors: mm, m, ms, min, %, ...
_UNIT_SLIPS = {
    "_cm": (0.1, 100.0, 2.54),
    "_s": (0.001, 60.0),
    "_ms": (1000.0,),
    "_hz": (1000.0,),
    "_deg": (1 / 60, 180 / math.pi),
    "grey": (1 / 255, 0.01),
    "": (0.01,),
}


def _repair(key: str, value: float, low: float, high: float) -> str:
    for suffix, factors in _UNIT_SLIPS.items():
        if key.endswith(suffix):
            for factor in factors:
                if low <= value * factor <= high:
                    return f" (did you mean {value * factor:.6g}?)"
    return ""


def _checked_number(where: str, spec: dataclasses.Field, kind: type, value: object):
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (kind is float and isinstance(value, float))):
        expected = "a whole number" if kind is int else "a number"
        raise InputError(f"{where} is {value!r}; expected {expected}")
    low, high = spec.metadata["low"], spec.metadata["high"]
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if not low <= value <= high or not math.isfinite(value):
        asked = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
        repair = _repair(spec.name, value, low, high)
        raise InputError(f"{where} is {value!r}; expected {asked}{repair}")
    return kind(value)


def _checked(where: str, spec: dataclasses.Field, kind: object, value: object):
    """Return `value` as the type of the field, or raise InputError."""
    if isinstance(kind, types.GenericAlias):
        (item, _) = typing.get_args(kind)
        if not isinstance(value, list):
            raise InputError(f"{where} is {value!r}; expected a list")
        return tuple(_checked(f"{where}[{n}]", spec, item, one) for n, one in enumerate(value, 1))
    if dataclasses.is_dataclass(kind):
        return _section(where, kind, value)
    if kind in (int, float):
        value = _checked_number(where, spec, kind, value)
    elif not isinstance(value, kind):
        raise InputError(f"{where} is {value!r}; expected {kind.__name__}")
    choices = spec.metadata.get("choices", ())
    if choices and value not in choices:
        hint = nearest(value, choices) if isinstance(value, str) else ""
        raise InputError(
            f"{where} is {value!r}; expected one of {', '.join(map(str, choices))}{hint}"
        )
    return value


def _section(where: str, kind: type, content: object):
    if not isinstance(content, dict):
        raise InputError(f"{where} is {content!r}; expected a table of settings")
    specs = {spec.name: spec for spec in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    separator = "" if where.endswith(": ") else "."
    for key in content:
        if key not in specs:
            raise InputError(
                f"{where}{separator}{key} is not a setting; expected one of "
                f"{', '.join(specs)}{nearest(key, specs)}"
            )
    for name, spec in specs.items():
        no_default = spec.default is spec.default_factory is dataclasses.MISSING
        if no_default and name not in content:
            raise InputError(
                f"{where}{separator}{name} is missing; expected {spec.metadata['help']}"
            )
    return kind(
        **{
            key: _checked(f"{where}{separator}{key}", specs[key], hints[key], value)
            for key, value in content.items()
        }
    )


def checked_tables(kind: type, content: dict, where: str):
    """Return the tree of settings dataclasses `kind` from tables of values.

    Every field was made by `setting` or `required`, or holds a dataclass of such fields.

    Raises
    ------
    InputError
        See the module's first lines; `where` stands before the key.
    """
    return _section(f"{where}: ", kind, content)
