"""The packages keep to themselves: no stage imports another, and a lab computer needs no torch."""

import subprocess
import sys
from pathlib import Path

import pytest


def test_no_stage_imports_another():
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


STAGES = ("manipulation", "experiment", "analysis")
COMMANDS = [
    f"{path.parent.name}.{path.stem}"
    for stage in STAGES
    for path in sorted((Path(__file__).parents[1] / stage).glob("*.py"))
    if "commands.run(main)" in path.read_text()
]


@pytest.mark.parametrize("command", [*COMMANDS, "benchmarks"])
def test_help_teaches_by_example_and_names_the_exit_codes(command):
    result = subprocess.run(
        [sys.executable, "-m", command, "--help"], capture_output=True, text=True
    )
    assert result.returncode == 0
    assert f"python -m {command}" in result.stdout.split("example:")[1]
    assert "130 interrupted" in result.stdout
