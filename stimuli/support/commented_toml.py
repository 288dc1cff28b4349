"""Settings as TOML text: what is stated, and every default beside it as a comment."""

import dataclasses
import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def toml_value(value: object) -> str:
    """Return a value of a setting as TOML writes it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def commented_section(
    name: str, settings: "DataclassInstance", stated: Collection[str]
) -> Iterator[str]:
    """Yield the lines of one table; settings that are not `stated` are comments.

    A setting that is absent by default, None, is shown without a value, or as the text for that.
    """
    yield f"[{name}]"
    for spec in dataclasses.fields(settings):
        comment = "" if spec.name in stated else "# "
        value = getattr(settings, spec.name)
        value = spec.metadata.get("unknown") if value is None else value
        shown = "" if value is None else f" {toml_value(value)}"
        yield f"{comment}{spec.name} ={shown}  # {spec.metadata['help']}"
    yield ""
