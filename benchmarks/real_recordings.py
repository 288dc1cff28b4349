"""``python -m benchmarks.real_recordings FOLDER --page docs/recordings.md``: recordings of others.

Takes the real recordings of docs/data.md, of experiments that are not this toolkit's, from their
messages to a table of fixations, to densities and to a time course, and writes what was found into
the page.
"""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import TargetPair, fit_densities, read_recording, time_course
from analysis.fixations.image_fixations import ImageFixations, image_fixations
from analysis.fixations.shown_images import ShownImages, read_shown_images
from analysis.recordings.recording import Recording
from analysis.sessions.patterns import END, TRIAL, TrialPatterns
from stimuli.support import commands
from stimuli.support.files import write_text

BEGIN, STOP = "<!-- real recordings -->\n", "<!-- end of real recordings -->"
HEAD = ("file", "recorded", "trials used", "fixations", "mean duration", "images with a density",
        "on the right half, of two images")  # fmt: skip
NAMES = ["Left", "Right", "Buck", "They", "Among", "House", *map(str, range(200))]


@dataclass(frozen=True)
class Experiment:
    """Which messages of a recording begin a trial, name its image, and say that it appeared."""

    file: str
    image: str
    onset: str
    trial: str = TRIAL
    end: str = END


EXPERIMENTS = (
    Experiment("cran_eyelinker_mono500.asc.gz", "!V TRIAL_VAR direction (.+)", "Target_display"),
    Experiment("cran_eyelinker_mono1000.asc.gz", "!V TRIAL_VAR direction (.+)", "Target_display"),
    Experiment("cran_eyelinker_bino500.asc.gz", "!V TRIAL_VAR direction (.+)", "Target_display"),
    Experiment("cran_eyelinker_monoRemote500.asc.gz", "!V TRIAL_VAR page (.+)", "SYNCTIME"),
    Experiment("eyelinkio_test_raw.edf", "TRIALID (.+)", "SYNCTIME"),
    Experiment("eyelinkio_test_2_raw.edf", "TRIALID (.+)", "TRIALID"),
    Experiment("eyelinkReader_example.edf", "!V TRIAL_VAR Trial (.+)", "TRIGGER onset"),
    Experiment("eyelinkparser_data1.asc", "start_trial (.+)", "phase cue", "start_trial (.+)",
               "phase end"),
    Experiment("pypillometry_rlmw_events.asc", r"S_\d+_(\d+)_", "S_", r"F_(\d+)", "R_"),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What one recording gave."""

    experiment: Experiment
    recording: Recording
    images: ImageFixations


def collect(folder: Path, images: ShownImages) -> list[Found]:
    """Read every recording that lies in the folder, and take its fixations on images."""
    found = []
    for one in EXPERIMENTS:
        path = folder / one.file
        if path.is_file():
            patterns = TrialPatterns(one.trial, (one.image,), (one.onset,), one.end, None)
            recording = read_recording(path)
            taken = image_fixations(recording, images, subject=one.file, patterns=patterns)
            found.append(Found(one, recording, taken))
    return found


def row(found: Found) -> tuple[str, ...]:
    """Return a row of the table: by `HEAD`."""
    table = found.images.fixations
    (size_px,) = found.images.sizes_px
    densities = fit_densities(table, size_px, map_cells=64)
    without = sum(len(trials) for trials in found.images.left_out.values())
    return (
        found.experiment.file, _recorded(found.recording),
        f"{found.images.n_trials - without} of {found.images.n_trials}", str(len(table)),
        f"{table['duration_ms'].mean():.0f} ms", str(len(densities.images)),
        _course(table, size_px),
    )  # fmt: skip


def together(found: Sequence[Found]) -> str:
    """Return what three people's saccades to the left and right give, as one table."""
    same = [one for one in found if "direction" in one.experiment.image]
    (size_px,) = set.union(*(one.images.sizes_px for one in same))
    table = pd.concat([one.images.fixations for one in same], ignore_index=True)
    table = table.sort_values("image", kind="stable", ignore_index=True)
    bits = fit_densities(table, size_px, map_cells=64).summary()["log_likelihood_bits"]
    return (
        f"The three of the same saccade task as one table, {len(table)} fixations of {len(same)} "
        f"people: a person left out has {bits:.2f} bits over the uniform density; on the right "
        f"half {_course(table, size_px)}, where the target was."
    )


def _recorded(recording: Recording) -> str:
    host = next((match[0] for line in recording.preamble
                 if (match := re.search(r"EYELINK II? CL v[0-9.]+", line))), "EyeLink")  # fmt: skip
    rates = sorted(set(recording.blocks["sample_rate_hz"].dropna().astype(int)))
    eyes = sorted(set(recording.blocks["eyes"]) - {""})
    return f"{host}, {', '.join(map(str, rates))} Hz, {', '.join(eyes)}"


def _course(table: pd.DataFrame, size_px: tuple[int, int]) -> str:
    """Return the share of fixations on the right half, by the bridge's time course."""
    counts = table["image"].value_counts(sort=False)
    one, other = sorted(counts.nlargest(2).index)
    right = np.zeros(size_px[::-1], bool)
    right[:, size_px[0] // 2 :] = True
    last_ms = float((table["onset_ms"] + table["duration_ms"]).max())
    course = time_course(
        table, [TargetPair("both", one, other, mask=right)], viewing_ms=last_ms, resamples=100
    ).course
    by_time = course[course["by"] == "fixations"]
    shares = [
        np.average(by_time[name].fillna(0), weights=by_time[f"n_{name}"])
        for name in ("original", "version")
    ]
    return f"{one}: {shares[0]:.2f}, {other}: {shares[1]:.2f}"


def main(argv: Sequence[str] | None = None) -> None:
    parser = commands.parser(
        "benchmarks.real_recordings",
        "Take real recordings of others to fixations, densities and a time course; write a table.",
        "python -m benchmarks.real_recordings ../shared/data/eyelink --page docs/recordings.md",
    )
    parser.add_argument("folder", type=Path, help="with the recordings that docs/data.md names")
    parser.add_argument("--page", type=Path, required=True, metavar="FILE", help="Markdown page")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "images.csv")
        table.write_text("image\n" + "\n".join(NAMES) + "\n")
        found = collect(arguments.folder, read_shown_images(table))
    lines = [HEAD, ("---",) * len(HEAD), *map(row, found)]
    written = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    before, _, rest = arguments.page.read_text().partition(BEGIN)
    after = rest.partition(STOP)[2]
    write_text(arguments.page, f"{before}{BEGIN}\n{written}\n\n{together(found)}\n\n{STOP}{after}")


if __name__ == "__main__":
    commands.run(main)
