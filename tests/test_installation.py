"""What is installed: versions that are kept, oldest versions that are stated, and licences."""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
STATED = [
    Requirement(text)
    for texts in [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for text in texts
]
SYSTEMS = {
    "linux": ("Linux", "x86_64"),
    "win32": ("Windows", "AMD64"),
    "darwin": ("Darwin", "arm64"),
}


def kept(python, system):
    """Return the versions of `constraints.txt` by name, as that Python on that system reads it."""
    platform_system, machine = SYSTEMS[system]
    where = {
        "python_version": python, "python_full_version": f"{python}.0", "sys_platform": system,
        "platform_system": platform_system, "platform_machine": machine, "extra": "",
        "os_name": "nt" if system == "win32" else "posix",
    }  # fmt: skip
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    return where, {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(where)
    }


@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_version_that_is_kept_is_one_that_is_asked_for(python, system):
    where, versions = kept(python, system)
    for asked in STATED:
        if asked.name != PROJECT["name"] and (asked.marker is None or asked.marker.evaluate(where)):
            version = versions[canonicalize_name(asked.name)]
            assert asked.specifier.contains(version), f"{asked}: {version} is kept"


def test_the_pythons_are_those_that_psychopy_runs_on():
    ours = SpecifierSet(PROJECT["requires-python"])
    theirs = SpecifierSet(distribution("psychopy").metadata["Requires-Python"])
    pythons = [one for one in ("3.10", "3.11", "3.12", "3.13", "3.14") if one in ours]
    assert pythons == ["3.11", "3.12"]
    assert all(one in theirs for one in pythons)


def test_licences_that_bind_are_told():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([\w-]+)(?: \*)? \| (.+) \| [\w, ]+ \|$", page, re.M))
    del rows["package"]
    assert set(rows) <= kept("3.11", "linux")[1].keys()
    bound = {
        name for name, licence in rows.items() if re.search(r"\bA?GPL|General Public", licence)
    }
    assert {"psychopy", "pyqt6", "pyreadr"} <= bound
    readme = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    assert all(name in readme for name in ("psychopy", "pyqt6", "pyreadr"))
