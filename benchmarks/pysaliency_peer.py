"""The same densities by pysaliency: run by an interpreter that has it, apart from this project.

``python pysaliency_peer.py TASK FILE.npz`` reads ``xy``, ``subject``, ``image`` (indices),
``width``, ``height``, and prints one JSON object. pysaliency needs torch, scikit-learn and
setuptools < 81, so it lives in an environment of its own; `peer_python` finds it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

PEER_PYTHON = "GUIDING_GAZE_PYSALIENCY_PYTHON"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def peer_python() -> str | None:
    """Return an interpreter that can import pysaliency, or None."""
    named = os.environ.get(PEER_PYTHON)
    for python in [named] if named else [sys.executable]:
        found = subprocess.run([python, "-c", "import pysaliency"], capture_output=True)
        if found.returncode == 0:
            return python
    return None


def ask_peer(task: str, **arrays) -> dict | None:
    """Return what pysaliency says, or None where it is not installed."""
    import numpy as np

    python = peer_python()
    if python is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input.npz")
        np.savez(path, **arrays)
        output = subprocess.run(
            [python, __file__, task, str(path)], check=True, capture_output=True, text=True,
            env=os.environ | ONE_THREAD,
        ).stdout  # fmt: skip
    return json.loads(output.splitlines()[-1])


def _data(path: str):
    import numpy as np
    import pysaliency

    with np.load(path) as archive:
        given = dict(archive)
    size = int(given["height"]), int(given["width"])
    generator = np.random.default_rng(0)
    n_images = int(given["image"].max()) + 1
    # pysaliency tells images apart by their pixels.
    pixels = [generator.integers(0, 255, (*size, 3), dtype=np.uint8) for _ in range(n_images)]
    stimuli = pysaliency.Stimuli(pixels)
    x, y = given["xy"].T.copy()
    fixations = pysaliency.Fixations.create_without_history(
        x, y, given["image"].astype(int), subjects=given["subject"].astype(int)
    )
    return given, stimuli, fixations


def _crossvalidation(given, stimuli, fixations):
    from collections import OrderedDict

    import pysaliency
    from pysaliency import baseline_utils as baselines

    class CentreBias(pysaliency.Model):
        """A map that is given, the same for all images."""

        def _log_density(self, stimulus):
            return given["log_centre_bias"]

    models = OrderedDict(uniform=pysaliency.UniformModel(), centre=CentreBias())
    folds = baselines.ScikitLearnImageSubjectCrossValidationGenerator(stimuli, fixations)
    return baselines.CrossvalMultipleRegularizations(stimuli, fixations, models, folds)


def score(path: str) -> dict:
    """Cross-validated log likelihood in bits at given parameters."""
    import numpy as np

    given, stimuli, fixations = _data(path)
    cross = _crossvalidation(given, stimuli, fixations)
    longer = max(given["width"], given["height"])
    values = [
        cross.score(np.log10(bandwidth / longer), np.log10(uniform), np.log10(centre))
        for bandwidth, uniform, centre in given["parameters"]
    ]
    return {"log_likelihood_bits": values}


def fit(path: str) -> dict:
    """Processor seconds to the best parameters, by Nelder-Mead on the likelihood left out."""
    import numpy as np
    from scipy.optimize import minimize

    given, stimuli, fixations = _data(path)
    start = time.process_time()
    cross = _crossvalidation(given, stimuli, fixations)
    found = minimize(
        lambda p: -cross.score(*p), [np.log10(0.04), -1.0, -0.5], method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-6},
    )  # fmt: skip
    seconds = time.process_time() - start
    return {"seconds": seconds, "log_likelihood_bits": -found.fun, "evaluations": found.nfev}


def map_(path: str) -> dict:
    """Processor seconds for one map of the gold standard; the least of three."""
    import numpy as np
    from pysaliency.baseline_utils import KDEGoldModel

    given, stimuli, fixations = _data(path)
    longer = max(given["width"], given["height"])
    seconds = []
    for _ in range(3):
        model = KDEGoldModel(
            stimuli, fixations, float(given["bandwidth"]) / longer, eps=0.0, keep_aspect=True
        )
        start = time.process_time()
        log_density = model.log_density(stimuli[0])
        seconds.append(time.process_time() - start)
    at = np.linspace(0, log_density.size - 1, 20).astype(int)
    return {"seconds": min(seconds), "at": at.tolist(), "values": log_density.ravel()[at].tolist()}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with open(os.devnull, "w") as silence:
        output, sys.stdout = sys.stdout, silence
        answer = {"score": score, "fit": fit, "map": map_}[sys.argv[1]](sys.argv[2])
        sys.stdout = output
    print(json.dumps(answer))
