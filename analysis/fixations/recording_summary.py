"""What the recordings of a study held and what became of it, for the report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.fixations.quality import QUALITY
from analysis.fixations.without_fixation import TrialWithout


@dataclass
class RecordingSummary:
    """What the recordings of a study held and what became of it.

    Attributes
    ----------
    counts
        Trials and fixations by what became of them.
    warnings
        What was not sound in a recording, as ``(file name, what, count)``.
    without
        Trials without a fixation on their image, and why.
    quality : DataFrame
        One row a trial that was recorded, by `analysis.fixations.quality.QUALITY`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[tuple[str, str, int]] = field(default_factory=list)
    without: list[TrialWithout] = field(default_factory=list)
    quality: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=QUALITY.names))

    @property
    def excluded(self) -> pd.DataFrame:
        """The trials that a rule leaves out."""
        return self.quality[self.quality["excluded"].notna()]

    def why_none(self) -> str:
        """Return in words how many trials have no fixation on their image, by cause."""
        causes = Counter(one.cause for one in self.without)
        told = "; ".join(f"on {number} {cause}" for cause, number in causes.most_common())
        states = ", ".join(
            f"{number} {what.removeprefix('trials ')}"
            for what, number in self.counts.items()
            if what.startswith("trials ") and number
        )
        return (
            f"no recording holds a fixation while an image was shown (trials: {states or 'none'})"
            f"{f': {told}' if told else ''}; expected some: compare the recordings with the events "
            f"(python -m analysis.session), or record anew"
        )

    def add(self, file: str, counts: Mapping[str, int], warnings: Mapping[str, int]) -> None:
        """Add what was found in one recording."""
        for what, number in counts.items():
            self.counts[what] += number
        self.warnings += [(file, what, number) for what, number in warnings.items()]

    def count_unused(self, fixations: pd.DataFrame) -> None:
        """Count of every fixation that is not used why, once: by the first reason in this order.

        Parameters
        ----------
        fixations : DataFrame
            All fixations by `stimuli.contract.schemas.FIXATIONS`, with the trials that a rule
            leaves out.
        """
        counts, left = self.counts, fixations
        counts["trials excluded by a rule"] = len(self.excluded)
        for reason, applies in (
            ("fixations on excluded trials", fixations["excluded"].notna()),
            ("fixations under way at image onset", fixations["fixation"] == 0),
            ("fixations off the image", ~fixations["inside"].astype(bool)),
        ):
            chosen = applies.reindex(left.index)
            counts[reason] = int(chosen.sum())
            left = left[~chosen]
        counts["fixations short and beside a blink"] = int(left["beside_blink"].sum())
