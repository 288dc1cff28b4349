"""EyeLink's text format, as SR Research's converter writes it from a recording of one eye.

In come samples and messages, out come lines. Grammar: EyeLink 1000 user manual, section 4.9, "The
ASC file". Times are the tracker's milliseconds, positions the tracker's pixels
(`stimuli.contract.geometry`), pupils areas in arbitrary units.

Within a recording the lines are in the order of time: a message before the sample of its time, a
start event before its first sample, an end event after its last. A blink lies inside the saccade
that closing and opening lids look like.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stimuli.contract.geometry import Screen, eyelink_to_screen, screen_to_degrees

MISSING = "   ."


@dataclass(frozen=True)
class Samples:
    """Samples of one recording.

    Attributes
    ----------
    time_ms
        ``(n,)``, rising in steps of `interval_ms`.
    position_px
        ``(n, 2)``, as written: to a tenth of a pixel, NaN where the eye was lost.
    pupil
        ``(n,)``, 0 where the eye was lost.
    event, saccade
        ``(n,)``, the fixation or saccade that a sample belongs to, and whether it is a saccade.
    """

    time_ms: np.ndarray
    position_px: np.ndarray
    pupil: np.ndarray
    event: np.ndarray
    saccade: np.ndarray
    interval_ms: float


def joined(chunks: Sequence[Samples]) -> Samples:
    """Return consecutive samples of one recording as one."""
    return Samples(
        time_ms=np.concatenate([chunk.time_ms for chunk in chunks]),
        position_px=np.concatenate([chunk.position_px for chunk in chunks]),
        pupil=np.concatenate([chunk.pupil for chunk in chunks]),
        event=np.concatenate([chunk.event for chunk in chunks]),
        saccade=np.concatenate([chunk.saccade for chunk in chunks]),
        interval_ms=chunks[0].interval_ms,
    )


def stamp(time_ms: float) -> str:
    """Return a time as written: whole milliseconds, or halves at 2000 samples a second."""
    return f"{time_ms:.0f}" if time_ms == int(time_ms) else f"{time_ms:.1f}"


def message(time_ms: float, text: str) -> str:
    """Return a message line."""
    return f"MSG\t{stamp(time_ms)} {text}\n"


def header(remarks: Iterable[str]) -> str:
    """Return the head of a file: one ``**`` line for each remark, and an empty line."""
    return "".join(f"** {remark}\n" for remark in remarks) + "**\n\n"


def recording(
    samples: Samples,
    messages: Sequence[tuple[float, str]],
    *,
    eye: str,
    sample_rate_hz: float,
    screen: Screen,
) -> str:
    """Return one recording from START to END.

    Parameters
    ----------
    messages
        Time and text of the messages that arrived while recording, in their order.
    eye
        ``LEFT`` or ``RIGHT``.
    """
    # Lines of one time come in this order; a blink starts after its saccade and ends before it.
    told, starts, sample, ends = 0, 1, 3, 5
    times = samples.time_ms.tolist()
    lines = [(time, told, message(time, text)) for time, text in messages]
    lines += zip(times, [sample] * len(times), _sample_lines(samples), strict=True)
    for event in _events(samples, eye, screen):
        lines.append((times[event.first], starts + event.depth, event.start))
        lines.append((times[event.last], ends - event.depth, event.end))
    lines.sort(key=lambda line: line[:2])
    end_ms = max([times[-1] + 1, *(time for time, _ in messages)])
    opening, closing = _opening(times[0], eye, sample_rate_hz), _closing(end_ms, screen)
    return opening + "".join(text for _, _, text in lines) + closing


def _opening(start_ms: float, eye: str, sample_rate_hz: float) -> str:
    content = f"GAZE\t{eye}\tRATE\t{sample_rate_hz:7.2f}\tTRACKING\tCR\tFILTER\t2\n"
    return (
        f"START\t{stamp(start_ms)} \t{eye}\tSAMPLES\tEVENTS\n"
        f"PRESCALER\t1\nVPRESCALER\t1\nPUPIL\tAREA\nEVENTS\t{content}SAMPLES\t{content}"
    )


def _closing(end_ms: float, screen: Screen) -> str:
    x, y = screen.pixels_per_degree
    return f"END\t{stamp(end_ms)} \tSAMPLES\tEVENTS\tRES\t{x:7.2f}\t{y:7.2f}\n"


def _sample_lines(samples: Samples) -> list[str]:
    whole = float(samples.interval_ms).is_integer()
    template = f"%.{0 if whole else 1}f\t%7.1f\t%7.1f\t%7.1f\t...\n"
    x, y = samples.position_px.T.tolist()
    columns = samples.time_ms.tolist(), x, y, samples.pupil.tolist()
    lines = [template % row for row in zip(*columns, strict=True)]
    for lost in np.flatnonzero(np.isnan(samples.position_px[:, 0])):
        lines[lost] = f"{stamp(samples.time_ms[lost])}\t{MISSING}\t{MISSING}\t    0.0\t...\n"
    return lines


def _runs(values: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and last index of every run of equal values."""
    borders = np.flatnonzero(values[1:] != values[:-1]) + 1
    starts = [0, *borders.tolist()]
    return list(zip(starts, [*(border - 1 for border in starts[1:]), len(values) - 1], strict=True))


@dataclass(frozen=True)
class _Event:
    """An event: first and last sample, depth (1 inside a saccade), start line and end line."""

    first: int
    last: int
    depth: int
    start: str
    end: str


def _events(samples: Samples, eye: str, screen: Screen) -> list[_Event]:
    """Return the events of a recording with what the samples say of them."""
    lost = np.isnan(samples.position_px[:, 0])
    degrees = screen_to_degrees(eyelink_to_screen(samples.position_px), screen)
    speed_deg_s = _speed(degrees, samples.interval_ms / 1000)
    found = []
    for first, last in _runs(samples.event):
        span = slice(first, last + 1)
        if not samples.saccade[first]:
            measured = _fixation_measures(samples, span)
            found.append(_event("FIX", first, last, measured, samples, eye))
            continue
        measured = _saccade_measures(samples, span, degrees, speed_deg_s)
        found.append(_event("SACC", first, last, measured, samples, eye))
        found += [
            _event("BLINK", first + begin, first + end, "", samples, eye)
            for begin, end in _runs(lost[span])
            if lost[first + begin]
        ]
    return found


def _event(kind: str, first: int, last: int, measured: str, samples: Samples, eye: str) -> _Event:
    start_ms, end_ms = samples.time_ms[[first, last]]
    duration_ms = end_ms - start_ms + samples.interval_ms
    # Kind and eye fill nine columns: "SFIX L   7196724", "SSACC L  7197124", "SBLINK L 7197124".
    start = f"{f'S{kind} {eye[0]}':<9}{stamp(start_ms)}\n"
    span = f"{stamp(start_ms)}\t{stamp(end_ms)}\t{stamp(duration_ms)}"
    end = f"{f'E{kind} {eye[0]}':<9}{span}{measured}\n"
    return _Event(first, last, int(kind == "BLINK"), start, end)


def _fixation_measures(samples: Samples, span: slice) -> str:
    x, y = samples.position_px[span].mean(axis=0)
    return f"\t{x:7.1f}\t{y:7.1f}\t{samples.pupil[span].mean():7.0f}"


def _saccade_measures(
    samples: Samples, span: slice, degrees: np.ndarray, speed_deg_s: np.ndarray
) -> str:
    """Return start, end, amplitude (deg) and peak velocity (deg/s) from the samples that saw."""
    seen = np.flatnonzero(~np.isnan(samples.position_px[span, 0])) + span.start
    if not len(seen):
        return f"\t{MISSING}" * 6
    first, last = seen[[0, -1]]
    ends = np.concatenate([samples.position_px[first], samples.position_px[last]])
    amplitude_deg = np.hypot(*(degrees[last] - degrees[first]))
    speeds = speed_deg_s[span]
    speeds = speeds[~np.isnan(speeds)]
    peak = f"{speeds.max():7.0f}" if len(speeds) else MISSING
    places = "".join(f"\t{value:7.1f}" for value in ends)
    return f"{places}\t{amplitude_deg:7.2f}\t{peak}"


def _speed(degrees: np.ndarray, interval_s: float) -> np.ndarray:
    """Return the speed over the samples before and after, ``(n,)`` deg/s, NaN at gaps and ends."""
    speed = np.full(len(degrees), np.nan)
    speed[1:-1] = np.hypot(*(degrees[2:] - degrees[:-2]).T) / (2 * interval_s)
    return speed
