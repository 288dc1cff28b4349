"""The tutorial and the examples of docstrings say what happens: they are run as they stand."""

import contextlib
import doctest
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("stimuli", "manipulation", "experiment", "analysis")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```(bash|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def failures_of(text: str, variables: dict, name: str) -> str:
    """Run the examples of a text in the working directory; return what differs from it."""
    test = doctest.DocTestParser().get_doctest(text, variables, name, name, 0)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=told.append, clear_globs=False)
    variables.update(test.globs)
    return "".join(told)


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory):
    """The folder that the tutorial leaves behind when its blocks are run one after the other."""
    folder = tmp_path_factory.mktemp("tutorial")
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    paths = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ["PYTHONPATH"]]),  # with the guard
    }
    variables = {"__name__": "tutorial"}
    for block in BLOCK.finditer(text):
        line = text[: block.start()].count("\n") + 1
        if block[1] == "bash":
            command = ["bash", "-euo", "pipefail", "-c", block[2]]
            done = subprocess.run(
                command, cwd=folder, env=os.environ | paths, capture_output=True, text=True
            )
            assert done.returncode == 0, f"tutorial.md, line {line}:\n{done.stdout}{done.stderr}"
        else:
            with contextlib.chdir(folder):
                told = failures_of(block[2], variables, f"tutorial.md, line {line}")
            assert not told, told
    return folder


def test_the_tutorial_ends_with_a_report_and_shows_every_package(tutorial):
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    shown = {
        kind: " ".join(b[2] for b in BLOCK.finditer(text) if b[1] == kind)
        for kind in ("bash", "pycon")
    }
    assert (tutorial / "demo-study/derivatives/report/index.html").is_file()
    for package in PACKAGES:
        assert f"from {package} import" in shown["pycon"]
    for stage in PACKAGES[1:]:
        assert f"python -m {stage}." in shown["bash"]


OFFERED = [
    (package, name) for package in PACKAGES for name in importlib.import_module(package).__all__
]
FUNCTIONS = [
    one for one in OFFERED if inspect.isfunction(getattr(importlib.import_module(one[0]), one[1]))
]


@pytest.mark.parametrize(("package", "name"), FUNCTIONS)
def test_every_function_that_a_notebook_calls_has_an_example(package, name):
    text = inspect.getdoc(getattr(importlib.import_module(package), name))
    example = text.partition("Examples\n--------\n")[2]
    assert f">>> from {package} import" in example
    assert name in example


@pytest.fixture
def folder(tutorial, tmp_path):
    """Where a reader of the examples stands: beside a study and a table of fixations."""
    shutil.copytree(tutorial / "demo-study", tmp_path / "demo-study")
    generator = np.random.default_rng(0)
    pd.DataFrame(
        {
            "image": np.repeat(["a.jpg", "b.jpg"], 30),
            "subject": np.tile(np.repeat(["s1", "s2", "s3"], 10), 2),
            "x_px": generator.uniform(0, 800, 60),
            "y_px": generator.uniform(0, 600, 60),
        }
    ).to_csv(tmp_path / "fixations.csv", index=False)
    return tmp_path


@pytest.mark.parametrize(("package", "name"), [*OFFERED, *((one, "__doc__") for one in PACKAGES)])
def test_an_example_shows_what_comes_out(package, name, request, tmp_path):
    offered = getattr(importlib.import_module(package), name)
    text = offered if name == "__doc__" else inspect.getdoc(offered)
    reads = "demo-study" in text or "fixations.csv" in text
    where = request.getfixturevalue("folder") if reads else tmp_path
    with contextlib.chdir(where):
        if told := failures_of(text, {}, f"{package}.{name}"):
            pytest.fail(told, pytrace=False)
