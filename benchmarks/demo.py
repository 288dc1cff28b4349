"""``demo``: the whole demo study and each of its stages, as a user starts them."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Row

SUBJECTS = 23


def run() -> list[Row]:
    """Time generation, one session of `SUBJECTS`, analysis, and the sum of all."""
    with tempfile.TemporaryDirectory() as folder:
        study = str(Path(folder, "study"))
        seconds = dict[str, float]()
        processor = dict[str, float]()

        def timed(stage: str, *command: str) -> None:
            start, before = time.perf_counter(), processor_seconds()
            subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
            seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
            processor[stage] = processor.get(stage, 0.0) + processor_seconds() - before

        timed("generate", "manipulation.generate", "--study", study, "--demo")
        for subject in range(1, SUBJECTS + 1):
            timed("sessions", "experiment.run", "--study", study, "--simulate",
                  "--subject", str(subject))  # fmt: skip
        timed("analysis", "analysis.run", study)
        peak_gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    notes = {
        "generate": "8 sources, 24 stimuli",
        "sessions": f"{SUBJECTS} simulated sessions of 24 trials, one process each",
        "analysis": "fixations, densities, effects, report",
    }
    rows = [
        Row(f"demo/{stage}", seconds[stage], note=f"{note}; {processor[stage]:.1f} s of processor")
        for stage, note in notes.items()
    ]
    total = Row("demo", sum(seconds.values()), note=f"all; largest process {peak_gib:.1f} GiB")
    return [total, *rows]


def processor_seconds() -> float:
    """Return the processor time of all processes that were started and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
