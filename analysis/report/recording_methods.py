"""How images were shown, gaze was recorded and fixations were chosen, in words for the methods."""

import statistics
from collections.abc import Sequence

from analysis.effects.study_analysis import StudyAnalysis
from analysis.fixations.parsing import detector_at, is_of_samples
from analysis.fixations.subsets import Subset
from analysis.recordings.sample_tables import physio_device, physio_rate_hz
from analysis.sessions.runs import SessionRun
from stimuli.contract.geometry import extent_deg
from stimuli.contract.settings import NOT_MEASURED, ExclusionSettings, Settings
from stimuli.contract.study import CODE_CHARTS
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.words import counted

_SUBSETS = {
    Subset.ALL: "All fixations of all blocks were used: {who_saw_all}.",
    Subset.FIRST_BLOCK: "Only the first block of each subject was used, in which nobody had seen "
    "another version of an image. Original and version were then seen by different people: "
    "comparisons are between subjects, and subjects were drawn within the block that they saw.",
    Subset.FIRST_FIXATION: "Only the first fixation that began after the image appeared was used; "
    "where it left the image, the trial gives none.",
}


def presentation(analysis: StudyAnalysis) -> str:
    """Return the paragraph on images, recording, fixations and the subset that was used."""
    settings = analysis.study.settings
    width_deg, _ = extent_deg(settings.screen.geometry, settings.placement)
    return (
        f"Images of {settings.images.size_px} x {settings.images.size_px} pixels "
        f"({width_deg:.1f}° at {settings.screen.distance_cm:g} cm{_luminance(settings)}) were "
        f"shown{_whole(settings)} "
        f"{shown_for(analysis)}. {_recorded(analysis)} "
        f"{_detection(analysis)} Fixation 0, "
        f"under way when the image appeared, fixations off the image and trials that were not "
        f"complete do not enter. {_subset(analysis)}{_query(analysis)}"
    )


def _recorded(analysis: StudyAnalysis) -> str:
    """Return with what gaze was recorded: of samples as they say, else as the settings do."""
    tracker = analysis.study.settings.tracker
    if set(analysis.participants.values()) == {ParticipantKind.SIMULATED}:
        return f"Nobody looked: gaze was simulated at {tracker.sample_rate_hz:g} samples a second."
    if _trackers(analysis) == {CODE_CHARTS}:
        return (
            "Gaze was not recorded: after each image people typed the code that they saw where "
            "they had looked when it vanished (CodeCharts, Newman et al. 2020)."
        )
    rates = sorted({f"{rate_hz:g}" for rate_hz in _rates_hz(analysis, analysis.runs)}, key=float)
    return (
        f"Gaze of the {tracker.eye} eye was recorded with "
        f"{' or '.join(sorted(_trackers(analysis)))} at {' or '.join(rates)} samples a second."
    )


def _rates_hz(analysis: StudyAnalysis, runs: Sequence[SessionRun]) -> list[float]:
    """Return the sample rate of some runs."""
    asked_hz = analysis.study.settings.tracker.sample_rate_hz
    return [
        (is_of_samples(path) and physio_rate_hz(path)) or asked_hz
        for path in (run.recording for run in runs)
        if path is not None
    ] or [asked_hz]


def _trackers(analysis: StudyAnalysis) -> set[str]:
    """Return what recorded, as the sidecar of a recording of samples says."""
    named = set()
    for run in analysis.runs:
        if run.recording is None or not is_of_samples(run.recording):
            named.add("an EyeLink")
        else:
            named.add(physio_device(run.recording) or analysis.study.settings.tracker.model)
    return named


def _detection(analysis: StudyAnalysis) -> str:
    settings = analysis.study.settings.analysis
    of_samples = [run for run in analysis.runs if run.recording and is_of_samples(run.recording)]
    if settings.detector == "tracker":
        if not of_samples:
            return "Fixations are those of the tracker's own parser, at its mean positions."
        if _trackers(analysis) == {CODE_CHARTS}:
            return "Its place is the one fixation of the trial."
        rates = _rates_hz(analysis, of_samples)
        detectors = sorted({detector_at(rate_hz) for rate_hz in rates})
    else:
        detectors = [settings.detector]
    thresholds = {
        "velocity": f"by velocity (I-VT, below {settings.velocity_deg_s:g} degrees a second)",
        "dispersion": f"by dispersion (I-DT, within {settings.dispersion_deg:g} degrees)",
    }
    found = " or ".join(thresholds[one] for one in detectors)
    return (
        f"Fixations were found in the samples {found}, at least "
        f"{settings.minimum_fixation_ms:g} ms long."
    )


def _luminance(settings: Settings) -> str:
    screen = settings.screen
    white = NOT_MEASURED if screen.luminance_cd_m2 is None else f"{screen.luminance_cd_m2:g} cd/m²"
    gamma = NOT_MEASURED if screen.gamma is None else f"{screen.gamma:g}"
    return f"; luminance of white {white}, gamma {gamma}"


def _whole(settings: Settings) -> str:
    """Return what the surround of photographs is, where they are shown whole."""
    if settings.images.fit != "whole":
        return ""
    return (
        f", each a whole photograph on the grey of the screen (pixel value "
        f"{settings.screen.grey_level}; fixations on the grey count as off the image, and all "
        f"densities are over the photograph alone),"
    )


def shown_for(analysis: StudyAnalysis) -> str:
    """Return for how long the images were shown, as it was measured in the complete trials."""
    asked_s = analysis.study.settings.session.image_s
    measured = [
        float(trial["duration"])
        for run in analysis.runs
        for trial in run.complete
        if trial["duration"] is not None
    ]
    if not measured:
        return f"for {asked_s:g} s (asked for; not measured)"
    return (
        f"for {statistics.median(measured):.3f} s (median of {len(measured)} trials, measured; "
        f"range {min(measured):.3f} to {max(measured):.3f} s; {asked_s:g} s were asked for)"
    )


def _subset(analysis: StudyAnalysis) -> str:
    return _SUBSETS[analysis.subset].format(who_saw_all=_who_saw_all(analysis))


def _who_saw_all(analysis: StudyAnalysis) -> str:
    """Return how many subjects saw every original and version, as trials that were complete say."""
    stimuli = {stimulus.stim_id for stimulus in analysis.design.stimuli}
    seen: dict[str, set[str]] = {}
    for run in analysis.runs:
        seen.setdefault(run.subject, set()).update(str(trial["stim_id"]) for trial in run.complete)
    whole = sum(shown >= stimuli for shown in seen.values())
    if whole == len(seen):
        return "every subject saw every original and version, so comparisons are within subjects"
    return (
        f"{whole} of {counted(len(seen), 'subject')} saw every original and version, so "
        f"comparisons are within subjects only as far as a subject saw both"
    )


def _query(analysis: StudyAnalysis) -> str:
    return f" Of these, only fixations with {analysis.query}." if analysis.query else ""


def exclusions_in_words(rules: ExclusionSettings) -> str:
    """Return what the rules of a study leave out, and what they do with short fixations."""
    stated = {
        "track loss": (rules.track_loss < 1, f"above {rules.track_loss:.0%} of the image's time"),
        "validation error": (
            rules.validation_deg,
            f"above {rules.validation_deg:g}\N{DEGREE SIGN}",
        ),
        "drift": (rules.drift_deg, f"above {rules.drift_deg:g}\N{DEGREE SIGN}"),
        "precision": (
            rules.precision_deg,
            f"worse than {rules.precision_deg:g}\N{DEGREE SIGN} RMS",
        ),
        "time of the image": (
            rules.duration_frames,
            f"more than {rules.duration_frames:g} frames off",
        ),
        "images that came to be shown": (rules.shown_by, " or ".join(rules.shown_by)),
        "fixations": (rules.fixations, f"fewer than {rules.fixations}"),
    }
    asked = [f"{name} {limit}" for name, (applies, limit) in stated.items() if applies]
    left_out = f"Trials were left out for: {', '.join(asked)}. " if asked else ""
    if rules.subject_trials < 1:
        left_out += (
            f"Subjects were left out with over {rules.subject_trials:.0%} of trials excluded. "
        )
    if rules.subjects:
        left_out += f"Left out by name: {', '.join(rules.subjects)}. "
    dropped = "left out" if rules.drop_blink_adjacent else "kept"
    return (
        f"{left_out or 'No rule left out any trial or subject. '}Fixations shorter than "
        f"{rules.short_fixation_ms:g} ms within {rules.blink_gap_ms:g} ms of a blink are flagged "
        f"and {dropped}. The rules are those of [exclusions] in study.toml."
    )
