"""The house: stages keep to themselves, rooms form layers, and a stranger finds every idea."""

import ast
import functools
import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("stimuli", "manipulation", "experiment", "analysis")
STAGES = PACKAGES[1:]


def test_no_room_imports_upward_and_no_stage_another():
    result = subprocess.run(["lint-imports", "--no-cache"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


HEAVY = ("torch", "torchvision", "psychopy", "pylink")


@pytest.mark.parametrize("package", ["stimuli", "experiment", "analysis"])
def test_a_package_is_imported_whole_without_torch_psychopy_or_pylink(package):
    code = f"""
import importlib, pkgutil, sys
import {package}
for module in pkgutil.walk_packages({package}.__path__, "{package}."):
    importlib.import_module(module.name)
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == []


def test_nothing_heavy_is_imported_with_the_packages():
    code = f"""
import sys
import {", ".join(PACKAGES)}
print(*(name for name in {(*HEAVY, "numpy", "pandas", "rich")!r} if name in sys.modules))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.split() == [], result.stderr


def _tops():
    return [path for stage in STAGES for path in sorted((ROOT / stage).glob("*.py"))]


COMMANDS = [f"{path.parent.name}.{path.stem}" for path in _tops() if path.stem != "__init__"]


@pytest.fixture(scope="module")
def helps():
    """What every command prints of itself, and what it asks of the network with all its imports.

    One process runs them all, since most import torch.
    """
    commands = [*COMMANDS, "benchmarks"]
    done = subprocess.run(
        [sys.executable, "-c", _HELPS, *commands], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


_HELPS = """
import contextlib, io, json, runpy, sys
helps, asked = {}, []
sys.addaudithook(lambda event, _: event.startswith(("socket.", "urllib.")) and asked.append(event))
for command in sys.argv[1:]:
    said, sys.argv = io.StringIO(), [command, "--help"]
    asked.clear()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_module(command, run_name="__main__", alter_sys=True)
        status = None
    except SystemExit as end:
        status = end.code
    helps[command] = (status, said.getvalue(), sorted(set(asked)))
print(json.dumps(helps))
"""


@pytest.mark.parametrize("command", [*COMMANDS, "benchmarks"])
def test_at_the_top_stand_commands_whose_help_teaches_by_example(command, helps):
    status, said, asked = helps[command]
    assert status == 0
    assert set(asked) <= {"socket.gethostname"}, "a command that is only imported opens a socket"
    assert f"python -m {command}" in said.split("example:")[1]
    assert "130 interrupted" in said


def test_options_as_argparse_holds_them_do_not_leave_the_commands():
    rooms = [path for package in PACKAGES for path in (ROOT / package).glob("*/**/*.py")]
    passing = [path for path in rooms if "Namespace" in path.read_text(encoding="utf-8")]
    assert passing == []


@functools.cache
def rooms_imported(package):
    """The rooms that each room imports; a room is a folder with modules, a reader among them."""
    graph = grimp.build_graph(package, cache_dir=None)
    folders = {name for name in graph.modules if graph.find_children(name)}

    def room(module):
        return module if module in folders else module.rpartition(".")[0]

    imported = {folder: set() for folder in folders - {package}}
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            here, there = room(module), room(other)
            nested = here.startswith(f"{there}.") or there.startswith(f"{here}.")
            if here in imported and there in imported and here != there and not nested:
                imported[here].add(there)
    return imported


@pytest.mark.parametrize("package", PACKAGES)
def test_a_chain_of_rooms_has_no_more_than_six(package):
    imported = rooms_imported(package)

    @functools.cache
    def longest(room):
        return max(((room, *longest(other)) for other in imported[room]), key=len, default=(room,))

    chain = max(map(longest, imported), key=len, default=())
    assert len(chain) <= 6, " -> ".join(chain)


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_package_offers_is_there_and_documented_in_sentences(package):
    module = importlib.import_module(package)
    assert module.__all__
    for name in module.__all__:
        text = getattr(module, name).__doc__
        first = text.strip().splitlines()[0] if text else ""
        assert first.endswith((".", ":")), f"{package}.{name}: {first!r} is no sentence"
        assert len(first.split()) >= 3, f"{package}.{name}: {first!r} is no sentence"


def index():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("## Index of ideas")[2]
    return re.findall(r"^\| ([^|]+?) \| `([^`|]+)` \| `([^`|]+)` \|$", section, re.M)


def test_the_index_names_twenty_ideas_at_least():
    assert len(index()) >= 20


@pytest.mark.parametrize(("idea", "file", "name"), index())
def test_an_idea_of_the_index_is_where_it_is_said_to_be(idea, file, name):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    defined = {
        target.id if isinstance(target, ast.Name) else getattr(target, "name", None)
        for node in ast.walk(tree)
        for target in (node.targets if isinstance(node, ast.Assign) else [node])
    }
    defined |= {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert name in defined


def test_every_room_is_on_the_map():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent for p in PACKAGES for path in (ROOT / p).rglob("__init__.py")}
    missing = [
        str(room.relative_to(ROOT))
        for room in sorted(rooms)
        if f"{room.relative_to(ROOT)}/" not in text and f" {room.name}/" not in text
    ]
    assert missing == []
