"""What the numbers of a lab say: the times of a screen's frames, and the angles that it shows."""

from collections.abc import Iterator

import numpy as np

from experiment.preflight.findings import Finding, Verdict
from experiment.protocols.display import Display
from stimuli.contract.geometry import extent_deg
from stimuli.contract.settings import Settings

# Frames before the measurement, while driver and desktop settle.
_SETTLE = 30
_RATE_TOLERANCE = 0.01
_JITTER_LIMIT = 0.1
_PIXEL_TOLERANCE = 0.02
# The paper's images have about 25 degrees.
_USUAL_DEG = (15.0, 40.0)


def frame_times(display: Display, frames: int) -> np.ndarray:
    """Return the times of ``(frames,)`` flips in a row, in seconds, once the screen has settled."""
    times = []
    for _ in range(_SETTLE + frames):
        display.draw_target()
        times.append(display.flip())
    return np.array(times[_SETTLE:])


def judge_refresh(intervals_s: np.ndarray, expected_hz: float) -> Finding:
    """Judge the times between flips.

    Parameters
    ----------
    intervals_s
        ``(n,)``, seconds between flips of which none should be late.
    expected_hz
        Frames a second, as study.toml states them.
    """
    frame_s = 1 / expected_hz
    usual_hz = 1 / float(np.median(intervals_s))
    late = int((intervals_s >= 1.5 * np.median(intervals_s)).sum())
    jitter_s = float(np.std(intervals_s[intervals_s < 1.5 * np.median(intervals_s)]))
    found = (
        f"{usual_hz:.2f} Hz, standard deviation {1000 * jitter_s:.2f} ms, "
        f"{late} of {len(intervals_s)} frames late"
    )
    name = "refresh rate"
    if abs(usual_hz / expected_hz - 1) > _RATE_TOLERANCE:
        repair = (
            f"study.toml: screen.refresh_hz is {expected_hz:g}; set the screen to it, switch "
            f"vertical synchronisation on, or correct the setting"
        )
        return Finding(name, Verdict.FAIL, found, repair)
    if late or jitter_s > _JITTER_LIMIT * frame_s:
        repair = "close other programs, switch the desktop's compositor off, use one screen"
        return Finding(name, Verdict.WARN, found, repair)
    return Finding(name, Verdict.OK, found)


def judge_geometry(settings: Settings) -> Iterator[Finding]:
    """Judge the angles that follow from panel, pixels and distance."""
    screen = settings.screen.geometry
    width_mm, height_mm = 10 * screen.cm_per_px
    measure = "measure the lit area of the panel again: screen.width_cm and height_cm in study.toml"
    found = f"{width_mm:.4f} mm wide, {height_mm:.4f} mm high"
    square = abs(width_mm / height_mm - 1) <= _PIXEL_TOLERANCE
    verdict = Verdict.OK if square else Verdict.FAIL
    yield Finding("pixels", verdict, found, "" if square else f"they are not square: {measure}")
    width_deg, _ = extent_deg(screen, settings.placement)
    found = (
        f"image {width_deg:.2f} deg wide at {screen.distance_cm:g} cm, "
        f"{screen.pixels_per_degree[0]:.2f} pixels a degree"
    )
    usual = _USUAL_DEG[0] <= width_deg <= _USUAL_DEG[1]
    repair = "" if usual else f"the paper's images have 25 deg: check the distance, and {measure}"
    yield Finding("angles", Verdict.OK if usual else Verdict.WARN, found, repair)
