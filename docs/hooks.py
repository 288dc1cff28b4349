"""What pages take from the code when the site is built: tables of columns, and public names.

A line ``{{ columns NAME }}`` becomes the table of a schema of `stimuli.contract.schemas`, or of
another module if the name begins with it, as in ``analysis.viewing.course.COURSE``; a line
``{{ interface PACKAGE }}`` the documentation of all that the package re-exports.
"""

import importlib
import inspect
import re
from typing import Any

from stimuli.contract import schemas


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the text of a page with its lines replaced."""
    markdown = re.sub(r"^\{\{ columns ([\w.]+) \}\}$", _columns, markdown, flags=re.M)
    return re.sub(r"^\{\{ interface (\w+) \}\}$", _interface, markdown, flags=re.M)


def _columns(found: re.Match[str]) -> str:
    lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    module, _, name = found[1].rpartition(".")
    for column in getattr(importlib.import_module(module) if module else schemas, name).columns:
        meaning = column.description
        if column.levels:
            levels = (f"`{level}` {text}" for level, text in column.levels.items())
            meaning += f": {'; '.join(levels)}"
        name = f"{column.name}NAME" if column.family else column.name
        name = f"`{name}`{' (optional)' if column.optional else ''}"
        kind = column.type.__name__
        lines.append(f"| {name} | {kind} | {column.units or ''} | {meaning} |".replace("\n", " "))
    return "\n".join(lines)


def _interface(found: re.Match[str]) -> str:
    """Return a line for every public name, functions before classes."""
    package = importlib.import_module(found[1])
    offered = [getattr(package, name) for name in package.__all__]
    offered.sort(key=lambda one: (inspect.isclass(one), one.__name__))
    return "\n\n".join(f"::: {one.__module__}.{one.__name__}" for one in offered)
