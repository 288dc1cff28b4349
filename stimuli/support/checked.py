"""Settings that check themselves: dataclasses whose fields know their range, choices and meaning.

Wherever the values come from, from Python or as tables from TOML, an unknown key, a wrong type and
a value out of range are errors that name the key, the value, what was expected and, where it can be
guessed, the repair.
"""

import contextlib
import dataclasses
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from stimuli.support.errors import InputError, kind_in_words, nearest

Tree = TypeVar("Tree")
Member = TypeVar("Member", bound=StrEnum)


def setting(
    default: Any,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: Iterable[object] = (),
    read: Callable[[object], object] = lambda value: value,
    quoted: bool = False,
    unknown: str | None = None,
) -> Any:
    """Return a field with a default, its meaning, the least and the largest value, and choices.

    `read` is given what is to become a tuple, and returns it as a list or a tuple: for a value that
    may be written in another form. `quoted` says that a number may be written as text, such as
    ``"+0.10"``. `unknown` is the text that stands for a number that nobody knows, None in Python.
    """
    metadata = {
        "help": help, "low": low, "high": high, "choices": tuple(choices), "read": read,
        "quoted": quoted, "unknown": unknown,
    }  # fmt: skip
    return dataclasses.field(default=default, metadata=metadata)


def required(help: str, choices: Iterable[object] = ()) -> Any:
    """Return a field that must be stated."""
    return setting(dataclasses.MISSING, help, choices=choices)


def member(kind: type[Member], value: str, name: str) -> Member:
    """Return the member of an enumeration that a text names.

    Raises
    ------
    InputError
        If it names none; `name` is what the argument is called.
    """
    try:
        return kind(value)
    except ValueError:
        known = [str(one) for one in kind]
        raise InputError(
            f"{name} is {value!r}; expected one of {', '.join(known)}{nearest(str(value), known)}"
        ) from None


@dataclass(frozen=True)
class CheckedSettings:
    """The base of settings: every instance holds values that its fields allow.

    Every field is made by `setting` or `required`, or holds settings of this kind. A whole number
    in a field for a fraction, a list in one for a tuple and text in one for an enumeration become
    what the field holds.

    Raises
    ------
    InputError
        At construction, if a value is not allowed; see the module's first lines.
    """

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for spec in dataclasses.fields(self):
            where = f"{type(self).__name__}.{spec.name}"
            value = _checked(where, spec, hints[spec.name], getattr(self, spec.name))
            object.__setattr__(self, spec.name, value)
        self.check_together()

    def check_together(self) -> None:
        """Raise InputError if values do not go together that are allowed one by one."""


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


def _checked_number(where: str, spec: dataclasses.Field, kind: type, value: object) -> float:
    allowed = (int,) if kind is int else (int, float)
    if spec.metadata.get("quoted") and isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = float(value)
    if not isinstance(value, allowed) or isinstance(value, bool):
        raise InputError(f"{where} is {value!r}; expected {kind_in_words(kind)}")
    try:
        float(value)
    except OverflowError:
        raise InputError(f"{where} is beyond any number that is computed with") from None
    low, high = spec.metadata.get("low"), spec.metadata.get("high")
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if not low <= value <= high or not math.isfinite(value):
        asked = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
        repair = _repair(spec.name, value, low, high)
        raise InputError(f"{where} is {value!r}; expected {asked}{repair}")
    return kind(value)


def _checked(where: str, spec: dataclasses.Field, kind: Any, value: Any) -> Any:
    """Return `value` as the type of the field, or raise InputError."""
    if isinstance(kind, types.UnionType):
        if value is None or value == spec.metadata.get("unknown", ""):
            return None
        (kind,) = (one for one in typing.get_args(kind) if one is not types.NoneType)
    if isinstance(kind, types.GenericAlias):
        (item, _) = typing.get_args(kind)
        value = spec.metadata["read"](value) if "read" in spec.metadata else value
        if not isinstance(value, list | tuple):
            raise InputError(f"{where} is {value!r}; expected a list")
        return tuple(_checked(f"{where}[{n}]", spec, item, one) for n, one in enumerate(value, 1))
    if dataclasses.is_dataclass(kind):
        return value if type(value) is kind else _section(where, kind, value)
    choices = spec.metadata.get("choices", ())
    if kind in (int, float):
        value = _checked_number(where, spec, kind, value)
    elif issubclass(kind, StrEnum):
        choices = choices or tuple(kind)
        value = kind(value) if value in list(kind) else value
    elif not isinstance(value, kind):
        raise InputError(f"{where} is {value!r}; expected {kind_in_words(kind)}")
    if choices and value not in choices:
        shown = str(value) if isinstance(value, StrEnum) else value
        hint = nearest(shown, map(str, choices)) if isinstance(shown, str) else ""
        raise InputError(
            f"{where} is {shown!r}; expected one of {', '.join(map(str, choices))}{hint}"
        )
    return value


def _section(where: str, kind: Any, content: object) -> Any:
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
    values = {
        key: _checked(f"{where}{separator}{key}", specs[key], hints[key], value)
        for key, value in content.items()
    }
    try:
        return kind(**values)
    except InputError as error:  # of values that do not go together, which names them itself
        place = where.removesuffix(": ") if "[" in where else where.partition(": ")[0]
        raise InputError(f"{place}: {error}") from None


def checked_tables(kind: type[Tree], content: Mapping[str, object], where: str) -> Tree:
    """Return the tree of settings `kind` from tables of values, such as TOML holds.

    Parameters
    ----------
    kind
        A `CheckedSettings`.
    where
        File that the tables come from; errors begin with it.

    Raises
    ------
    InputError
        See the module's first lines.
    """
    try:
        _check_whole_numbers(content, where)
        return typing.cast(Tree, _section(f"{where}: ", kind, content))
    except RecursionError:
        raise InputError(f"{where}: is nested too deeply; expected sections of settings") from None


def _check_whole_numbers(content: object, where: str) -> None:
    """Raise InputError if a number is too large for TOML, of which some cannot even be printed."""
    if isinstance(content, int) and not -(2**63) <= content < 2**63:
        raise InputError(f"{where}: holds a whole number above 2^63; expected one of 64 bits")
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list | tuple):
        for one in content:
            _check_whole_numbers(one, where)
