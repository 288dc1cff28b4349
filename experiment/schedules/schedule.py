"""The schedule of a subject: which block comes first, and which stimulus follows which.

In come a study and a subject's number; out come the trials in their order. They depend only on the
study's seed, the subject's number, the catalogue and the block orders. The permutations come from
SHA-256 rather than from a random number generator, whose streams change with the version of Python
or numpy: a schedule can be computed again years later.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.catalogue_checks import blocks_of_stimuli
from stimuli.contract.orders import Orders, blocks_of, order_number, read_blocks
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import (
    Block,
    Condition,
    Direction,
    Stimulus,
    Trial,
    subject_label,
)
from stimuli.support.errors import InputError

ATTEMPTS = 1000


def subject_schedule(study: Study, subject: str | int) -> tuple[Trial, ...]:
    """Return the trials that a subject of a study sees, in their order.

    Parameters
    ----------
    subject
        The participant's number; any from 1 on, whether recorded or not.

    Raises
    ------
    InputError
        If the catalogue or the block orders are absent or wrong, or if no order of a block keeps
        ``design.longest_run``.

    Examples
    --------
    >>> from experiment import subject_schedule
    >>> from stimuli import open_study
    >>> schedule = subject_schedule(open_study("demo-study"), 7)
    >>> [trial.block_position for trial in schedule] == sorted(3 * [1, 2, 3])
    True
    """
    settings = study.settings
    return scheduled_trials(
        subject_label(subject),
        read_catalogue(study.catalogue),
        read_blocks(study.blocks),
        seed=settings.study.seed,
        longest_run=settings.design.longest_run,
    )


def scheduled_trials(
    subject: str,
    stimuli: Sequence[Stimulus],
    orders: Orders,
    *,
    seed: int,
    longest_run: int,
) -> tuple[Trial, ...]:
    """Return the trials of a subject's session in order.

    Parameters
    ----------
    subject
        Label as `stimuli.contract.vocabulary.subject_label` gives it.
    stimuli
        The catalogue; each block holds every source once.
    orders
        The rows of blocks.tsv.
    seed
        The study's seed.
    longest_run
        Most trials of one condition and direction in a row, in blocks of versions.

    Returns
    -------
    tuple of Trial
        Numbered from 1 over all blocks.

    Raises
    ------
    InputError
        If no order of a block keeps `longest_run`, or the orders are of other blocks.

    Examples
    --------
    >>> from experiment import scheduled_trials
    >>> from stimuli import open_study, read_blocks, read_catalogue
    >>> study = open_study("demo-study")
    >>> stimuli, orders = read_catalogue(study.catalogue), read_blocks(study.blocks)
    >>> trials = scheduled_trials("01", stimuli, orders, seed=0, longest_run=3)
    >>> [trial.trial for trial in trials] == list(range(1, len(stimuli) + 1))
    True
    """
    if blocks_of(orders) != blocks_of_stimuli(stimuli):
        raise InputError(
            f"blocks.tsv orders {', '.join(blocks_of(orders))}; expected the blocks of "
            f"stimuli.tsv, {', '.join(blocks_of_stimuli(stimuli))}; generate the stimuli again"
        )
    blocks = orders[order_number(subject, orders) - 1]
    trials: list[Trial] = []
    for position, block in enumerate(blocks, start=1):
        held = [stimulus for stimulus in stimuli if stimulus.block == block]
        ordered = shuffled(held, subject=subject, block=block, seed=seed, longest=longest_run)
        trials += [
            Trial(subject, block, position, len(trials) + number, stimulus)
            for number, stimulus in enumerate(ordered, start=1)
        ]
    return tuple(trials)


def longest_run_of(stimuli: Iterable[Stimulus]) -> int:
    """Return the most stimuli of one condition and direction in a row."""
    return max(sum(1 for _ in run) for _, run in groupby(stimuli, key=_kind))


def shuffled(
    stimuli: Sequence[Stimulus], *, subject: str, block: Block, seed: int, longest: int
) -> list[Stimulus]:
    """Return the first permutation, of those that the hash deals, with no run above `longest`.

    The originals are all of one kind and take the first permutation.

    Raises
    ------
    InputError
        If none of `ATTEMPTS` permutations will do.
    """
    for attempt in range(ATTEMPTS):
        deal = f"{seed}/{subject}/{block}/{attempt}"
        ordered = sorted(stimuli, key=lambda one: _sha256(f"{deal}/{one.stim_id}"))
        if block == Block.ORIGINALS or longest_run_of(ordered) <= longest:
            return ordered
    (condition, direction), count = Counter(map(_kind, stimuli)).most_common(1)[0]
    raise InputError(
        f"study.toml: design.longest_run is {longest}; no order of block {block} keeps it in "
        f"{ATTEMPTS} attempts, since {count} of its {len(stimuli)} stimuli are {condition}, "
        f"{direction}; expected a larger design.longest_run"
    )


def _kind(stimulus: Stimulus) -> tuple[Condition, Direction]:
    return stimulus.condition, stimulus.direction


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
