"""A demo study with small images, quick to make: the same code, fewer pixels and steps."""

import re
from pathlib import Path

from manipulation.new_study.candidates import CandidatePhotographs
from manipulation.new_study.propose_study import propose_study
from stimuli.contract.study import Study, open_study

# Without a budget, which takes most of the time of a search; tests of it set one.
SMALL = {"size_px": 256, "model_px": 128, "budget": 0.0, "steps": 4, "grid_px": 64}


def propose_small_study(
    folder: Path,
    photographs: CandidatePhotographs | None = None,
    *,
    sources: int | None = None,
    controls: bool = False,
    fit: str = "crop",
    **settings: object,
) -> Study:
    """Make a study folder, then set `SMALL` and `settings` in study.toml.

    Where sections share a name, the first is set.
    """
    propose_study(folder, photographs, sources=sources, controls=controls, fit=fit)
    path = folder / "study.toml"
    text = path.read_text()
    for name, value in {**SMALL, **settings}.items():
        text, count = re.subn(rf"(?m)^# {name} = .*$", f"{name} = {value}", text, count=1)
        assert count == 1, name
    path.write_text(text)
    return open_study(folder)
