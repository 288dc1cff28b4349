"""The saliency model that a new study uses, at 512 x 512, against the arithmetic floor."""

from benchmarks.harness import Row
from benchmarks.saliency import forward_rows
from manipulation.saliency import load_saliency_model
from stimuli.contract.settings import ManipulationSettings


def run() -> list[Row]:
    """Return rows of the default of ``study.toml``."""
    name = ManipulationSettings().saliency
    return forward_rows("default-model", load_saliency_model(name), None, f"; model {name}")
