"""A demo study with small images, quick to make: the same code, fewer pixels and steps."""

import re
from pathlib import Path

from manipulation import generate
from stimuli.study import Study, open_study

SMALL = {"size_px": 256, "model_px": 128, "steps": 4, "grid_px": 64}


def found_small_study(folder: Path, *options: str, **settings: object) -> Study:
    """Make a study folder as the command does, then set `SMALL` and `settings` in study.toml.

    Where sections share a name, the first is set.
    """
    generate.found_study(folder, generate._arguments(["--study", str(folder), *options]))
    path = folder / "study.toml"
    text = path.read_text()
    for name, value in {**SMALL, **settings}.items():
        text, count = re.subn(rf"(?m)^# {name} = .*$", f"{name} = {value}", text, count=1)
        assert count == 1, name
    path.write_text(text)
    return open_study(folder)
