"""Studies whose truth is known: photographs, a model and people, drawn anew for every study.

A photograph has a smooth log saliency and a target; its versions shift the target's by so many
nats, or scale all of it. The model's density is the softmax of log saliency and centre bias. People
look at originals as the model says, and at a version by a mixture: a share `follows` of the
fixations has the model's density of the version, the rest that of the original, so that p_obj
changes by `follows` times what the model says, exactly. The share can differ between photographs
and between people, and a fixation can stay in the cell of the one before, which leaves the density
as it is and makes a subject's fixations alike.

What is analysed is what `analysis.analyse_study` analyses, by the same functions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

from analysis.density.centre_bias import fit_centre_bias
from analysis.density.fitted import FittedDensity, fit_density
from analysis.density.grid import Grid
from analysis.density.maps import log_probabilities
from analysis.density.mixture import DensityFit
from analysis.effects.agreement import agreement_table
from analysis.effects.bootstrap import pigeonhole_bootstrap
from analysis.effects.comparisons import comparisons_of
from analysis.effects.contrasts import Contrast
from analysis.effects.estimates import estimate
from analysis.effects.measures import entropy_bits, p_obj
from analysis.effects.measuring import subject_strata
from analysis.effects.predictions import predicted_log_density
from analysis.effects.summary import summary_table
from analysis.fixations.subsets import Subset, select_fixations
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import Block, Condition, Direction, Stimulus, Target

GRID = Grid(1024, 1024, 64, 64)
ORDERS = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
_BLOCKS = (Block.ORIGINALS, Block.VERSIONS_1, Block.VERSIONS_2)
_DIRECTIONS = (Direction.NONE, Direction.INCREASE, Direction.DECREASE)
_SHIFTS, _SCALES = (0.0, 2.0, -2.0), (1.0, 0.5, 1.5)  # scaled down, the entropy rises


@dataclass(frozen=True)
class Truth:
    """What is true of a simulated study.

    Attributes
    ----------
    follows
        Mean over photographs and people of the share of the model's change that people show.
    between_sources, between_subjects
        Half the range of that share, uniform, between photographs and between people.
    fixations
        Mean number of fixations on a trial; at least one.
    stays
        Probability that a fixation stays in the cell of the one before.
    """

    follows: float = 1.0
    between_sources: float = 0.0
    between_subjects: float = 0.0
    fixations: float = 9.0
    stays: float = 0.05


@dataclass(frozen=True, eq=False)
class Source:
    """A photograph: log saliencies of original, increase and decrease, and its target."""

    condition: Condition
    log_saliency: np.ndarray
    coverage: np.ndarray

    @property
    def densities(self) -> np.ndarray:
        """The model's densities with the true centre bias, ``(3, rows, columns)``."""
        return np.exp([log_probabilities(np.exp(one + _LOG_BIAS)) for one in self.log_saliency])


def _log_bias() -> np.ndarray:
    x = (np.arange(GRID.columns) + 0.5) / GRID.columns - 0.5
    return -(x[:, None] ** 2 + x[None] ** 2) / (2 * 0.22**2)


_LOG_BIAS = _log_bias()


def make_source(condition: Condition, generator: np.random.Generator) -> Source:
    """Return a photograph drawn from the population."""
    field = gaussian_filter(generator.normal(size=GRID.shape), generator.uniform(2, 4))
    # As models' log saliencies are: a standard deviation of 1.2 to 1.7 nats, a range of 4 to 6.
    saliency = generator.uniform(4.0, 6.0) * ndtr(field / field.std())
    size = generator.integers(8, 14, 2)
    top, left = generator.integers(10, 54 - size)
    coverage = np.zeros(GRID.shape)
    coverage[top : top + size[0], left : left + size[1]] = 1.0
    if condition == Condition.ENTROPY:
        versions = [scale * saliency for scale in _SCALES]
    else:
        blurred = gaussian_filter(coverage, 1.0)
        versions = [saliency + shift * blurred for shift in _SHIFTS]
    return Source(condition, np.array(versions), coverage)


@lru_cache
def mean_model_change(direction: Direction, n: int = 2000) -> float:
    """Return the model's mean change of p_obj over the population of photographs."""
    generator, place = np.random.default_rng(99), _DIRECTIONS.index(direction)
    changes = []
    for _ in range(n):
        one = make_source(Condition.OBJECT, generator)
        before, after = ((one.densities[i] * one.coverage).sum() for i in (0, place))
        changes.append(after - before)
    return float(np.mean(changes))


@dataclass(frozen=True, eq=False)
class SimulatedStudy:
    """One study: its photographs, what is true of each, and its fixations.

    Attributes
    ----------
    sources
        By ``source_id``.
    stimuli
        Three a source.
    true_changes
        By ``(source_id, direction)`` the change of p_obj, or of the entropy, over the population
        of people.
    fixations : DataFrame
        Rows as `select_fixations` takes them.
    """

    sources: Mapping[str, Source]
    stimuli: Sequence[Stimulus]
    true_changes: Mapping[tuple[str, Direction], float]
    fixations: pd.DataFrame


def simulate_study(
    truth: Truth, n_subjects: int, n_objects: int, n_entropy: int, generator: np.random.Generator
) -> SimulatedStudy:
    """Draw photographs and people, and let every one look at every version."""
    kinds = [Condition.ENTROPY] * n_entropy + [Condition.OBJECT] * n_objects
    sources = {f"s{i:02d}": make_source(kind, generator) for i, kind in enumerate(kinds)}
    subject_shares = generator.uniform(-1, 1, n_subjects) * truth.between_subjects
    stimuli, true_changes, parts = [], {}, []
    for source_id, source in sources.items():
        share = truth.follows + generator.uniform(-1, 1) * truth.between_sources
        original, *_ = densities = source.densities
        flip = int(source_id[1:]) % 2
        for place, direction in enumerate(_DIRECTIONS):
            block = place if not place or not flip else 3 - place
            stimuli.append(_stimulus(source_id, source.condition, direction, _BLOCKS[block]))
            of_people = (1 - share) * original + share * densities[place]
            true_changes[source_id, direction] = _measured(of_people, source) - _measured(
                original, source
            )
            parts.append(
                _looks(
                    stimuli[-1].stim_id, block, (original, densities[place]),
                    share + subject_shares, truth, generator,
                )
            )  # fmt: skip
    return SimulatedStudy(sources, stimuli, true_changes, pd.concat(parts, ignore_index=True))


def _measured(density: np.ndarray, source: Source) -> float:
    log_density = log_probabilities(density)
    if source.condition == Condition.ENTROPY:
        return entropy_bits(log_density, GRID)
    return p_obj(log_density, source.coverage)


def _stimulus(source_id: str, kind: Condition, direction: Direction, block: Block) -> Stimulus:
    original = direction == Direction.NONE
    shift = _SHIFTS[_DIRECTIONS.index(direction)]
    targets = () if original or kind == Condition.ENTROPY else (Target((1,), shift, "mask.png"),)
    return Stimulus(
        f"{source_id}-{direction}", source_id, Condition.ORIGINAL if original else kind,
        direction, block, targets, 1.0, "", None, "", "", "", "", "",
    )  # fmt: skip


def _looks(
    stim_id: str,
    block: int,
    densities: tuple[np.ndarray, np.ndarray],
    shares: np.ndarray,
    truth: Truth,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Return the fixations of every subject on a stimulus."""
    n_fixations = 1 + generator.poisson(truth.fixations - 1, len(shares))
    subject = np.repeat(np.arange(len(shares)), n_fixations)
    first = np.concatenate([[0], np.cumsum(n_fixations)[:-1]])
    number = np.arange(len(subject)) - first[subject] + 1
    follows = generator.random(len(subject)) < shares[subject]
    cells = drawn_cells(densities[0], len(subject), generator)
    cells[follows] = drawn_cells(densities[1], int(follows.sum()), generator)
    stays = (generator.random(len(subject)) < truth.stays) & (number > 1)
    # A chain of fixations that stay goes back to the last one that did not.
    cells = cells[np.maximum.accumulate(np.where(stays, 0, np.arange(len(subject))))]
    xy_px = within_cells(cells, generator)
    positions = np.array([order.index(block) + 1 for order in ORDERS])[subject % 3]
    return pd.DataFrame(
        {
            "subject": np.char.zfill(subject.astype(str), 2), "block": str(_BLOCKS[block]),
            "block_position": positions, "stim_id": stim_id, "fixation": number,
            "x_px": xy_px[:, 0], "y_px": xy_px[:, 1], "inside": True,
        }
    )  # fmt: skip


def drawn_cells(density: np.ndarray, n: int, generator: np.random.Generator) -> np.ndarray:
    """Return cells drawn from a density."""
    edges = np.cumsum(density.ravel())
    return np.searchsorted(edges / edges[-1], generator.random(n), side="right")


def within_cells(cells: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return a point anywhere within each cell, ``(n, 2)`` pixels."""
    rows, columns = np.divmod(cells, GRID.columns)
    return (np.stack([columns, rows], axis=1) + generator.random((len(cells), 2))) * (
        GRID.width_px / GRID.columns
    )


def analysed(
    study: SimulatedStudy,
    subset: Subset,
    *,
    seed: int,
    settings: AnalysisSettings | None = None,
    resamples: int = 1000,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return summary and agreement of a subset of a study's fixations.

    Densities are fitted where the settings measure them; they take most of the time.
    """
    settings = settings or AnalysisSettings()
    used = select_fixations(study.fixations, subset)
    subjects = sorted(used["subject"].unique())
    comparisons = comparisons_of(study.stimuli)
    estimates = {
        (one, stim_id): estimate(density, log_model, coverage if one.target else None, subjects,
                                 settings=settings)
        for stim_id, density, log_model, coverage in _densities(study, used, settings)
        for one in comparisons
        if stim_id in (one.original.stim_id, one.version.stim_id)
    }  # fmt: skip
    contrasts = [
        Contrast(one, estimates[one, one.original.stim_id], estimates[one, one.version.stim_id])
        for one in comparisons
    ]
    strata = subject_strata(used)
    drawn = pigeonhole_bootstrap(contrasts, strata, seed=seed, resamples=resamples)
    label = str(subset)
    return summary_table(contrasts, label, drawn), agreement_table(contrasts, label, drawn)


def _densities(
    study: SimulatedStudy, used: pd.DataFrame, settings: AnalysisSettings
) -> Iterator[tuple[str, FittedDensity, np.ndarray, np.ndarray]]:
    xy_px = used[["x_px", "y_px"]].to_numpy()
    source_of = {one.stim_id: one.source_id for one in study.stimuli}
    groups = used["stim_id"].map(source_of).to_numpy(str)
    bias = fit_centre_bias(xy_px, groups, GRID)
    stim_ids, whose = used["stim_id"].to_numpy(str), used["subject"].to_numpy(str)
    for source_id, source in study.sources.items():
        log_bias = bias.log_map(xy_px[groups == source_id])
        for place, direction in enumerate(_DIRECTIONS):
            stim_id = f"{source_id}-{direction}"
            own = stim_ids == stim_id
            density = _density(xy_px[own], whose[own], log_bias, settings)
            log_model = predicted_log_density(source.log_saliency[place], log_bias, GRID)
            yield stim_id, density, log_model, source.coverage


def _density(
    xy_px: np.ndarray, subjects: np.ndarray, log_bias: np.ndarray, settings: AnalysisSettings
) -> FittedDensity:
    if settings.p_obj == "density" or settings.entropy != "neighbours":
        return fit_density(xy_px, subjects, GRID, log_centre_bias=log_bias)
    n_subjects = len(set(subjects))
    fit = DensityFit(
        np.nan, 0.0, 0.0, 1.0, np.nan, np.nan, len(xy_px), n_subjects, fitted=n_subjects > 1
    )
    return FittedDensity(GRID, fit, log_bias, log_bias, xy_px, subjects)
