"""Options of a command that finds fixations in the samples of recordings that no study has."""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.fixations.detection import detect_fixations
from analysis.recordings.recording import Recording
from stimuli.contract.settings import AnalysisSettings
from stimuli.support.errors import InputError


@dataclass(frozen=True)
class Detector:
    """How fixations are found in samples, and on how fine a screen."""

    settings: AnalysisSettings
    pixels_per_degree: float

    def apply(self, recording: Recording, samples: pd.DataFrame, name: str) -> Recording:
        """Return the recording with the fixations of its samples in place of the tracker's.

        Raises
        ------
        InputError
            If there are no samples.
        """
        if samples.empty:
            raise InputError(
                f"{name}: holds no samples to find fixations in; expected a file with samples, or "
                f"this one without --detector"
            )
        per_degree = np.full(2, self.pixels_per_degree)
        return replace(recording, fixations=detect_fixations(samples, per_degree, self.settings))

    def stated(self) -> Mapping[str, object]:
        """Return what stands in the provenance."""
        settings = self.settings
        return {
            "detector": settings.detector, "pixels_per_degree": self.pixels_per_degree,
            "velocity_deg_s": settings.velocity_deg_s, "dispersion_deg": settings.dispersion_deg,
            "minimum_fixation_ms": settings.minimum_fixation_ms,
        }  # fmt: skip


def add_detector(command: argparse.ArgumentParser) -> None:
    """Add the options that `chosen_detector` reads."""
    default = AnalysisSettings()
    command.add_argument(
        "--detector", choices=("velocity", "dispersion"),
        help="find fixations in the samples anew, by velocity (I-VT) or dispersion (I-DT), in "
        "place of the tracker's",
    )  # fmt: skip
    command.add_argument(
        "--pixels-per-degree", type=positive_number, metavar="N", help="with it: of the screen"
    )
    command.add_argument(
        "--velocity", type=positive_number, default=default.velocity_deg_s, metavar="DEG_S",
        help="threshold of --detector velocity (default: %(default)g)",
    )  # fmt: skip
    command.add_argument(
        "--dispersion", type=positive_number, default=default.dispersion_deg, metavar="DEG",
        help="threshold of --detector dispersion (default: %(default)g)",
    )  # fmt: skip
    command.add_argument(
        "--minimum-ms", type=positive_number, default=default.minimum_fixation_ms, metavar="MS",
        help="shortest fixation of either (default: %(default)g)",
    )  # fmt: skip


def chosen_detector(
    name: str | None,
    pixels_per_degree: float | None,
    velocity_deg_s: float,
    dispersion_deg: float,
    minimum_ms: float,
) -> Detector | None:
    """Return the detector that was asked for, None for the tracker's own fixations.

    Parameters
    ----------
    name
        ``velocity`` or ``dispersion``; the others as the options of `add_detector`.

    Raises
    ------
    InputError
        If the screen's pixels a degree are not given.
    """
    if name is None:
        return None
    if pixels_per_degree is None:
        raise InputError(
            f"--detector {name} needs --pixels-per-degree: the screen's pixels a "
            f"degree of visual angle, distance_cm * 0.01745 * width_px / width_cm"
        )
    settings = AnalysisSettings(
        detector=name, velocity_deg_s=velocity_deg_s, dispersion_deg=dispersion_deg,
        minimum_fixation_ms=minimum_ms,
    )  # fmt: skip
    return Detector(settings, pixels_per_degree)


def add_screen(command: argparse.ArgumentParser) -> None:
    """Add the option that tells the size of a screen of which positions are shares."""
    command.add_argument(
        "--screen", type=_screen_size, metavar="WIDTHxHEIGHT",
        help="pixels of the screen, for recordings in shares of it that do not say: Gazepoint's",
    )  # fmt: skip


def _screen_size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{2,5})x([0-9]{2,5})", text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}; expected such as 1920x1080")
    return int(match[1]), int(match[2])


def positive_number(text: str) -> float:
    """Argument type: a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number above 0")
    return value
