"""Fitting a realism judge to examples, and how well it does on photographs that it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import spearmanr
from torch.nn import functional

from manipulation.naturalness.realism import RealismHead
from manipulation.realism_fitting.examples import CAMERA, DARKROOM, UNTOUCHED, Examples
from manipulation.realism_fitting.model_edits import NETWORK, PIXELS
from manipulation.realism_fitting.random_edits import UNSEEN_KINDS
from stimuli.support.errors import InputError

FALSE_ALARMS = (0.02, 0.05, 0.1)
STRONG = 0.3  # distance in features from which on an edit counts as strong
_BATCH, _EPOCHS, _RATE, _DECAY = 64, 40, 3e-3, 1e-2
_LEAST_DEVIATION = 1e-3
_HUBER = 0.05  # distances below which errors count squared


def fit_realism_head(
    examples: Sequence[Examples], untouched: Sequence[Examples], *, seed: int, networks: int = 4
) -> RealismHead:
    """Fit a judge to how far edits are from their photographs.

    Parameters
    ----------
    examples
        Of the photographs that it is fitted to.
    untouched
        Of others, whose scores say what an untouched photograph may look like.

    Raises
    ------
    InputError
        If there are too few examples of either.
    """
    for name, given, least in (("examples", examples, 8), ("untouched", untouched, 20)):
        if len(given) < least:
            raise InputError(
                f"{len(given)} photographs are {name}; expected at least {least}; give more"
            )
    vectors = torch.from_numpy(np.concatenate([one.vectors for one in examples])).float()
    distances = torch.from_numpy(np.concatenate([one.distances for one in examples])).float()
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = RealismHead(vectors.shape[1], networks)
        head.mean = vectors.mean(dim=0)
        head.deviation = vectors.std(dim=0) + _LEAST_DEVIATION
        near = head.standardised(vectors)
        for network in head.networks:
            steps = _EPOCHS * len(near) // _BATCH
            optimiser = torch.optim.AdamW(network.parameters(), weight_decay=_DECAY)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
            for _ in range(steps):
                chosen = torch.randint(len(near), (_BATCH,), generator=generator)
                guessed = network(near[chosen])[:, 0]
                loss = functional.smooth_l1_loss(guessed, distances[chosen], beta=_HUBER)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
    head.eval().requires_grad_(False)
    vectors = np.concatenate([one.vectors[one.kinds == UNTOUCHED] for one in untouched])
    head.untouched = head(torch.from_numpy(vectors).float()).sort().values
    return head


@dataclass(frozen=True)
class JudgeQuality:
    """How a judge does on photographs that it has not seen.

    Attributes
    ----------
    photographs, edits
        How many.
    order
        Spearman's rank correlation of scores and distances, over edits.
    order_of_settings
        Of scores and strengths, over our own edits.
    found
        By the share of false alarms that a limit was set for on other photographs, the share that
        is found, by group.
    """

    photographs: int
    edits: int
    order: float
    order_of_settings: float
    found: Mapping[float, Mapping[str, float]]


def judge_quality(head: RealismHead, examples: Sequence[Examples]) -> JudgeQuality:
    """Return how a judge orders and finds the edits of photographs that it has not seen."""
    vectors = torch.from_numpy(np.concatenate([one.vectors for one in examples])).float()
    scores = head(vectors).numpy()
    kinds, settings, distances, natural = (
        np.concatenate([getattr(one, name) for one in examples])
        for name in ("kinds", "settings", "distances", "natural")
    )
    edited, strong = ~natural, ~natural & (distances >= STRONG)
    groups = {
        "untouched (false alarms)": kinds == UNTOUCHED,
        "as another camera might have taken it": kinds == CAMERA,
        "all edits": edited,
        f"strong (distance {STRONG:g} or more)": strong,
        f"mild (below {STRONG:g})": edited & ~strong,
        "our own edits": kinds == DARKROOM,
        "outputs of networks": kinds == NETWORK,
        "free pixels": kinds == PIXELS,
        "kinds never seen": np.isin(kinds, list(UNSEEN_KINDS)),
    }
    own = kinds == DARKROOM
    limits = {rate: head.limit(rate) for rate in FALSE_ALARMS}
    return JudgeQuality(
        photographs=len({one.name for one in examples}),
        edits=int(edited.sum()),
        order=float(spearmanr(scores[edited], distances[edited]).statistic),
        order_of_settings=float(spearmanr(scores[own], settings[own]).statistic),
        found={
            rate: {
                name: float((scores[group] > limit).mean())
                for name, group in groups.items()
                if group.any()
            }
            for rate, limit in limits.items()
        },
    )


def agreement(one: RealismHead, other: RealismHead, examples: Sequence[Examples]) -> float:
    """Return Spearman's rank correlation of two judges' scores over edits and photographs."""
    vectors = torch.from_numpy(np.concatenate([found.vectors for found in examples])).float()
    return float(spearmanr(one(vectors).numpy(), other(vectors).numpy()).statistic)
