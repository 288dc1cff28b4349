"""Faults at random moments for as long as is wanted: ``python -m tests.faults.long --seconds 180``.

Prints the table of docs/reliability.md; with ``--whole`` after 1,000 kills and 100,000 damaged
files, which takes hours. The tests do the same a few times.
"""

import argparse
import os
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from tests.faults import cases
from tests.faults.processes import command, ended, said_by, start

Case = Callable[[], bool]
_EARLY = 0.5  # share of the time that a command took first, within which it is killed
_SLOW = ("a session", "`")  # how the names of what takes seconds begin
# How often each is tried in a whole run, by how its name begins.
_WHOLE = {
    "a file": 300, "a journal": 300, "a lock": 300, "a session of 12 trials, killed": 60,
    "`analysis.run`": 20, "`manipulation.generate`": 20, "four": 100,
    "a session of 12 trials, the disk": 50, "one bit": 10_000, "a text": 90_000,
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Try every fault for its share of the time, and print what came of it."""
    arguments = _arguments(argv)
    print("| what was tried | times | of these it struck | lost, damaged or left over |")
    print("|---|---:|---:|---:|", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        named = _cases(Path(folder), np.random.default_rng(arguments.seed), arguments.generate)
        shares = {name: 4 if name.startswith(_SLOW) else 1 for name in named}
        for name, case in named.items():
            share = shares[name] / sum(shares.values())
            times = next(n for begins, n in _WHOLE.items() if name.startswith(begins))
            tried, struck, failures = (
                _tried(case, times=times)
                if arguments.whole
                else _tried(case, seconds=arguments.seconds * share)
            )
            failed += failures
            print(f"| {name} | {tried} | {struck} | {failures} |", flush=True)
    return int(failed > 0)


def _tried(case: Case, *, seconds: float = 0.0, times: int = 1) -> tuple[int, int, int]:
    """Try a case for some time, and so often at least; return tries, strikes and failures."""
    tried = struck = failures = 0
    end = time.monotonic() + seconds
    while tried < times or time.monotonic() < end:
        tried += 1
        try:
            struck += case()
        except AssertionError:
            failures += 1
            traceback.print_exc()
    return tried, struck, failures


def _cases(folder: Path, random: np.random.Generator, generate: bool) -> dict[str, Case]:
    """Return what is tried by its name; studies are made for it in a folder."""
    from tests.analysis.conftest import build_study as build_analysed_study
    from tests.experiment.conftest import build_study

    scratch = folder / "scratch"
    scratch.mkdir()
    recorded, limited = build_study(folder / "recorded"), build_study(folder / "limited")
    began = time.monotonic()
    simulated = command(cases.experiment_run.main, "--study", build_study(folder / "usual"),
                        "--subject", 1, "--simulate")  # fmt: skip
    assert ended(start(simulated)) == 0
    session_s = time.monotonic() - began
    subjects, others = count(1), count(1)
    analysed = build_analysed_study(folder / "analysed", n_sources=2, n_subjects=3, size_px=64)
    began = time.monotonic()
    status, said = said_by(command(cases.analysis_run.main, analysed))
    assert status == 0, said
    # The first run is the slowest; a kill should come before the end.
    analysis_s, tables = _EARLY * (time.monotonic() - began), cases.tables(analysed)
    hashed = cases.hashed_study(folder / "hashed")
    named: dict[str, Case] = {
        "a file that is being written, the writer killed":
            lambda: cases.killed_write(scratch, random),
        "a journal that grows, the writer killed": lambda: cases.killed_journal(scratch, random),
        "a lock, its holder killed": lambda: cases.killed_lock(scratch, random),
        "four processes that want one lock": lambda: cases.contended_lock(scratch, random),
        "one bit of a file that `stimuli.tsv` names, flipped":
            lambda: cases.flipped_bit(hashed, random),
        "a text that is read (settings, tables, annotations, journal), damaged":
            lambda: cases.damaged_text(hashed, random),
        "a session of 12 trials, killed and resumed until it is complete":
            lambda: cases.killed_recording(recorded, next(subjects), session_s, random),
        "a session of 12 trials, the disk full at a random byte":
            lambda: cases.full_disk_while_recording(limited, next(others), random),
        "`analysis.run`, killed and run again":
            lambda: cases.killed_analysis(analysed, tables, analysis_s, random),
    }  # fmt: skip
    if generate:
        study, expected, usual_s = _generated(folder / "generated")
        named["`manipulation.generate`, killed and run again"] = lambda: cases.killed_generation(
            study, expected, usual_s, random
        )
    return named


def _generated(root: Path) -> tuple[Path, dict[str, str], float]:
    """Return a study with stimuli, what they are, and how long they take to be made."""
    from manipulation import generate
    from tests.small_study import propose_small_study

    study = propose_small_study(root, sources=1, size_px=128, steps=1).root
    began = time.monotonic()
    status, said = said_by(command(generate.main, "--study", study))
    assert status == 0, said
    return study, cases.made(study), _EARLY * (time.monotonic() - began)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.long", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0, help="in all (default: 180)")
    parser.add_argument("--whole", action="store_true", help="1,000 kills, 100,000 damaged files")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--generate", action="store_true", help="stimuli too, which needs torch")
    return parser.parse_args(argv)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    raise SystemExit(main())
