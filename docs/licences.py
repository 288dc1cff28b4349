"""``python docs/licences.py``: write docs/licences.md, the licences of all that is installed.

They are what the packages state of themselves, here, in the environment that this runs in.
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = Path(__file__).with_suffix(".md")
PARTS = ("lab", "manipulation", "analysis")
_LONGEST = 60  # of a licence's name; more is its text

_HEAD = """# Licences of what is installed

Our code is under the MIT licence, two networks' weights under Apache-2.0. An installation brings
packages of others, each under its own licence; none of them is in this repository. First stand
those under the GPL and its kin: whoever passes on an installation, such as a container or a disk
image, passes them on too, and their source has to be offered with them. Then those under a vendor's
own terms, which may be for research and teaching only, and those that state nothing. This page is
no legal advice.

Written by `python docs/licences.py` on Linux from what the packages say of themselves, in the
versions of `constraints.txt`; `*` are those that are asked for, the others come with them.
The extra `tobii` is not in the table: titta is under CC BY 4.0, and its TittaPy brings Tobii's SDK,
under Tobii's own terms.
"""
_FIRST = ("GPL|General Public", "Proprietary|NVIDIA", "not stated")


def brought_by(part: str) -> dict[str, Distribution]:
    """Return what ``guiding-gaze[part]`` brings on this machine, by name; absent ones are left out.

    Parameters
    ----------
    part
        An extra of pyproject.toml.
    """
    found: dict[str, Distribution] = {}
    waiting = [("guiding-gaze", frozenset({part, ""}))]
    seen = set(waiting)
    while waiting:
        name, extras = waiting.pop()
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        for needed in _needs(found[name], extras):
            if needed not in seen:
                seen.add(needed)
                waiting.append(needed)
    del found["guiding-gaze"]
    return found


def _needs(package: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for text in package.requires or ():
        needed = Requirement(text)
        if needed.marker is None or any(needed.marker.evaluate({"extra": one}) for one in extras):
            yield canonicalize_name(needed.name), frozenset({"", *needed.extras})


def licence(package: Distribution) -> str:
    """Return the licence that a package states: its expression, its classifiers or its field."""
    stated = package.metadata.get("License-Expression")
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in package.metadata.get_all("Classifier") or ()
        if one.startswith("License :: ") and one != "License :: OSI Approved"
    ]
    field = (package.metadata.get("License") or "").strip()
    if "\n" in field or len(field) > _LONGEST:
        field = field.splitlines()[0][:_LONGEST]
    files = (one.name for one in package.files or () if "licen" in one.name.lower())
    inside = next((f"not stated; its file {one}" for one in files), "not stated")
    return stated or ", ".join(classifiers) or field or inside


def rank(name: str) -> int:
    """Return the place of a licence's group on the page: GPL and kin, vendors', unknown, others."""
    groups = (at for at, sign in enumerate(_FIRST) if re.search(sign, name))
    return next(groups, len(_FIRST))


def page() -> str:
    """Return the page: one row a package, by the groups of `rank`, then by name."""
    parts = {part: brought_by(part) for part in PARTS}
    asked = {name for part in PARTS for name, _ in _needs(distribution("guiding-gaze"), {part, ""})}
    packages = {name: one for part in parts.values() for name, one in part.items()}
    rows = [_HEAD, "| package | licence | in |", "|---|---|---|"]
    for name in sorted(packages, key=lambda one: (rank(licence(packages[one])), one)):
        where = [part for part in PARTS if name in parts[part]]
        told = "all" if len(where) == len(PARTS) else ", ".join(where)
        star = " *" if name in asked else ""
        rows.append(f"| {name}{star} | {licence(packages[name])} | {told} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
