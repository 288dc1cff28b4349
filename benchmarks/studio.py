"""``studio``: a slider moved in the studio, and the version in full.

Ours is what the page shows at once after a move of k_shift: the preview under the default model at
512 x 512 px, judged by both models and drawn. The reference is the version in full, as saving makes
it. The rows give the median and the 95th percentile over the moves.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.harness import Row
from manipulation.new_study.propose_study import propose_study
from manipulation.studio_page.pictures import pictures_of
from manipulation.studio_page.session import Session

MOVES = 40
FULL_VERSIONS = 2


def run() -> list[Row]:
    """Time moves of a slider on a photograph of the demo."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "study"
        propose_study(root)
        session = Session(root)
        session.show("chelsea", "increase")
        pictures_of(session.look())
        shifts = np.linspace(-4, 4, MOVES)
        moves = [_seconds(lambda shift=shift: _move(session, shift)) for shift in shifts]
        full = [_seconds(session.finish) for _ in range(FULL_VERSIONS)]
    note = f"{MOVES} moves, {torch.get_num_threads()} threads, {os.cpu_count()} cores"
    return [
        Row(f"studio/slider-{name}", float(np.percentile(moves, share)), min(full), None, note)
        for name, share in (("p50", 50), ("p95", 95))
    ]


def _move(session: Session, shift: float) -> None:
    session.tune([shift] * len(session.chosen), 1.0, "edits")
    pictures_of(session.look())


def _seconds(act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
