"""Trials of simulated people whose effects are known, for tests of what is made of the counts."""

import numpy as np
import pandas as pd
from scipy.special import expit


def simulated_trials(
    seed, subjects, sources, effect=0.5, *, source_sd=0.5, subject_sd=0.2, base=-1.4,
    first_block=False, direction="increase", fixations=8,
):  # fmt: skip
    """Return trials whose version changes the log odds by `effect` on the average.

    In a first block a third of the people see the originals, the others one half of the versions.
    """
    generator = np.random.default_rng(seed)
    cells = np.meshgrid(np.arange(subjects), np.arange(sources), [0, 1], indexing="ij")
    subject, source, version = (one.ravel() for one in cells)
    if first_block:
        block = subject % 3
        kept = np.where(version == 0, block == 0, block == 1 + source % 2)
        subject, source, version = subject[kept], source[kept], version[kept]
    logit = base + 0.8 * generator.normal(size=sources)[source]
    logit = logit + 0.3 * generator.normal(size=subjects)[subject]
    own = effect + source_sd * generator.normal(size=sources)[source]
    own = own + subject_sd * generator.normal(size=subjects)[subject]
    n = 1 + generator.poisson(fixations, len(subject))
    names = np.array([f"s{one:02d}" for one in range(sources)])[source]
    return pd.DataFrame(
        {
            "subject": np.array([f"{one + 1:02d}" for one in range(subjects)])[subject],
            "source_id": names, "target": "7", "direction": direction, "version": version,
            "version_id": [f"{name}_{direction}" for name in names],
            "on_target": generator.binomial(n, expit(logit + version * own)), "n_fixations": n,
        }
    )  # fmt: skip
