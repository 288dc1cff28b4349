"""What the numbers of a lab say: the frames of a screen, and the angles that it shows."""

from collections.abc import Iterator

from experiment.display.frames import MORE_STEADY, FrameRate, wrong_rate
from experiment.preflight.findings import Finding, Verdict
from stimuli.contract.geometry import extent_deg
from stimuli.contract.settings import Settings

_JITTER_LIMIT = 0.1
_PIXEL_TOLERANCE = 0.02
# The paper's images have about 25 degrees.
_USUAL_DEG = (15.0, 40.0)


def judge_refresh(measured: FrameRate, expected_hz: float) -> Finding:
    """Judge the frames of a screen.

    Parameters
    ----------
    measured
        Of frames of which none should be late.
    expected_hz
        Frames a second, as study.toml states them.
    """
    name, found = "refresh rate", str(measured)
    if not measured.is_near(expected_hz):
        return Finding(name, Verdict.FAIL, found, wrong_rate(expected_hz))
    if measured.late or measured.early or measured.jitter_s > _JITTER_LIMIT / expected_hz:
        return Finding(name, Verdict.WARN, found, MORE_STEADY)
    return Finding(name, Verdict.OK, found)


def judge_luminance(settings: Settings) -> Finding:
    """Judge whether gamma and luminance of the screen were measured."""
    screen = settings.screen
    if screen.gamma is None or screen.luminance_cd_m2 is None:
        repair = (
            "measure white and a few greys with a photometer: screen.gamma and "
            "screen.luminance_cd_m2 of study.toml"
        )
        return Finding("luminance", Verdict.WARN, "not measured", repair)
    found = (
        f"white {screen.luminance_cd_m2:g} cd/m2, gamma {screen.gamma:g}, background "
        f"{screen.grey_cd_m2:.1f} cd/m2"
    )
    return Finding("luminance", Verdict.OK, found)


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
