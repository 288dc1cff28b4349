"""The schedule of a subject: which block comes first, and which stimulus follows which.

It depends only on the study's seed, the subject's number, the catalogue and the block orders. The
permutations come from SHA-256 rather than from a random number generator, whose streams change
with the version of Python or numpy: a schedule can be computed again years later.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from stimuli.errors import InputError
from stimuli.orders import order_number
from stimuli.vocabulary import Block, Stimulus, Trial

ATTEMPTS = 1000


def longest_run(stimuli: Iterable[Stimulus]) -> int:
    """Return the most stimuli of one condition and direction in a row."""
    return max(sum(1 for _ in run) for _, run in groupby(stimuli, key=_kind))


def subject_schedule(
    subject: str,
    stimuli: Sequence[Stimulus],
    orders: Sequence[Sequence[Block]],
    *,
    seed: int,
    longest_run: int,
) -> tuple[Trial, ...]:
    """Return the trials of a subject's session in order.

    Parameters
    ----------
    subject
        Label as `stimuli.vocabulary.subject_label` gives it.
    stimuli
        The catalogue; each block holds every source once.
    orders
        The rows of blocks.tsv.
    seed
        The study's seed.
    longest_run
        Most trials of one condition and direction in a row, in blocks of versions.

    Raises
    ------
    InputError
        If no order of a block keeps `longest_run`.
    """
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
        if block == Block.ORIGINALS or longest_run(ordered) <= longest:
            return ordered
    (condition, direction), count = Counter(map(_kind, stimuli)).most_common(1)[0]
    raise InputError(
        f"study.toml: design.longest_run is {longest}; no order of block {block} keeps it in "
        f"{ATTEMPTS} attempts, since {count} of its {len(stimuli)} stimuli are {condition}, "
        f"{direction}; expected a larger design.longest_run"
    )


def _kind(stimulus: Stimulus) -> tuple[str, str]:
    return stimulus.condition, stimulus.direction


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
