"""Every viewing of a target: the fixations of a trial, once for each target that it bears on.

A trial counts if it has a fixation on the image that began after the onset. The fixation under way
at the onset, number 0, began before there was an image to look at: it is left out of all but the
latency of the first saccade, which is its end. A fixation that goes on after the image had gone
counts up to the end of viewing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.viewing.pairs import TargetPair


@dataclass(frozen=True, eq=False)
class TargetViews:
    """Fixations of views, in the order of time within each; a view is one trial and one target.

    Attributes
    ----------
    n_subjects, n_pairs
        How many there are, with or without a fixation.
    view, number : arrays (n,)
        View of each fixation, and its number on the trial, from 1.
    onset_ms, end_ms : arrays (n,)
        Since the image's onset; the end is not beyond that of viewing.
    cut : array (n,)
        Whether the fixation went on after the image had gone.
    on_target : array (n,)
    pair, version, subject, viewing_ms : arrays (views,)
        Pair of a view, 0 for its original or 1 for its version, who looked, and for how long.
    trial : array (views,)
        Number of the trial among all.
    first_saccade_ms : array (views,)
        End of fixation 0; NaN where there is none, or where it was on the target.
    """

    n_subjects: int
    n_pairs: int
    view: np.ndarray
    number: np.ndarray
    onset_ms: np.ndarray
    end_ms: np.ndarray
    cut: np.ndarray
    on_target: np.ndarray
    pair: np.ndarray
    version: np.ndarray
    subject: np.ndarray
    viewing_ms: np.ndarray
    trial: np.ndarray
    first_saccade_ms: np.ndarray

    def per_subject(
        self, values: np.ndarray, views: np.ndarray, k: np.ndarray | int = 0, n: int = 1
    ) -> np.ndarray:
        """Return sums of values ``(m,)`` of views ``(m,)`` by subject, pair, version and k < n.

        Returns
        -------
        sums : array (subjects, pairs, 2, n)
        """
        place = (self.subject[views] * self.n_pairs + self.pair[views]) * 2 + self.version[views]
        size = self.n_subjects * self.n_pairs * 2 * n
        sums = np.bincount(place * n + k, np.asarray(values, float), minlength=size)
        return sums.reshape(self.n_subjects, self.n_pairs, 2, n)

    def view_sums(self, values: np.ndarray) -> np.ndarray:
        """Return sums of values of fixations ``(n,)`` by view ``(views,)``."""
        return np.bincount(self.view, np.asarray(values, float), minlength=len(self.pair))

    @property
    def first_on_target(self) -> np.ndarray:
        """Place of the first fixation on the target among all, by view; -1 where there is none."""
        hits = np.flatnonzero(self.on_target)
        views, first = np.unique(self.view[hits], return_index=True)
        places = np.full(len(self.pair), -1)
        places[views] = hits[first]
        return places


def target_views(
    fixations: pd.DataFrame, pairs: Sequence[TargetPair], subjects: Sequence[str]
) -> TargetViews:
    """Return the views of targets.

    Parameters
    ----------
    fixations : DataFrame
        As `analysis.viewing.table.ordered_fixations` returns them.
    subjects
        In the order in which views count them.
    """
    trial_key = [fixations[name] for name in ("image", "subject", "trial")]
    columns = {
        "trial": fixations.groupby(trial_key, sort=False).ngroup().to_numpy(),
        "subject": pd.Index(subjects).get_indexer(pd.Index(fixations["subject"])),
        "number": fixations["fixation"].to_numpy(int),
        "onset_ms": fixations["onset_ms"].to_numpy(float),
        "end_ms": (fixations["onset_ms"] + fixations["duration_ms"]).to_numpy(float),
        "viewing_ms": fixations["viewing_ms"].to_numpy(float),
    }
    xy_px = fixations[["x_px", "y_px"]].to_numpy(float)
    rows_of = {str(image): rows for image, rows in fixations.groupby("image").indices.items()}
    rows, pair, version, on_target, on_image = [], [], [], [], []
    for place, one in enumerate(pairs):
        for which, image in enumerate(one.images):
            own = rows_of.get(image, np.empty(0, int))
            hits, inside = one.holds(xy_px[own])
            rows.append(own)
            pair.append(np.full(len(own), place))
            version.append(np.full(len(own), which))
            on_target.append(hits)
            on_image.append(inside)
    of = {name: values[np.concatenate(rows)] for name, values in columns.items()}
    of |= {"pair": np.concatenate(pair), "version": np.concatenate(version)}
    hits, inside = np.concatenate(on_target), np.concatenate(on_image)
    # The rows of a trial stand together, and so do those of a view.
    keys = np.stack([of["pair"], of["version"], of["trial"]])
    new = np.r_[True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)] if keys.size else np.empty(0, bool)
    view = np.cumsum(new) - 1
    used = (of["number"] >= 1) & inside
    kept, view_used = np.unique(view[used], return_inverse=True)
    starts = np.flatnonzero(new)[kept]
    under_way = np.flatnonzero(of["number"] == 0)
    saccade_ms = np.full(len(starts), np.nan)
    if len(kept):
        at = np.searchsorted(kept, view[under_way]).clip(0, len(kept) - 1)
        known = (kept[at] == view[under_way]) & ~hits[under_way]
        saccade_ms[at[known]] = of["end_ms"][under_way[known]]
    return TargetViews(
        n_subjects=len(subjects), n_pairs=len(pairs), view=view_used,
        number=of["number"][used], onset_ms=of["onset_ms"][used],
        end_ms=np.minimum(of["end_ms"], of["viewing_ms"])[used],
        cut=(of["end_ms"] > of["viewing_ms"])[used], on_target=hits[used],
        pair=of["pair"][starts], version=of["version"][starts], subject=of["subject"][starts],
        viewing_ms=of["viewing_ms"][starts], trial=of["trial"][starts],
        first_saccade_ms=saccade_ms,
    )  # fmt: skip
