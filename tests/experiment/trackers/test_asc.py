"""The tracker's file keeps EyeLink's grammar, and its events say what its samples say."""

import functools
import re
from dataclasses import dataclass, field

import numpy as np
import pytest

from experiment.trackers import asc
from stimuli.contract.geometry import eyelink_to_screen, screen_to_degrees
from stimuli.contract.settings import ObserverSettings, Settings, TrackerSettings

TIME = r"(\d+(?:\.[05])?)"
PLACE = r"( *-?\d+\.\d| +\.)"
GRAMMAR = {
    "MSG": rf"MSG\t{TIME} (.+?) ?",
    "START": rf"START\t{TIME} \t(LEFT|RIGHT)\tSAMPLES\tEVENTS",
    "PRESCALER": r"PRESCALER\t1",
    "VPRESCALER": r"VPRESCALER\t1",
    "PUPIL": r"PUPIL\tAREA",
    "CONTENT": r"(?:EVENTS|SAMPLES)\tGAZE\t(?:LEFT|RIGHT)\tRATE\t *\d+\.00"
    r"\tTRACKING\tCR\tFILTER\t2",
    "SAMPLE": rf"{TIME}\t{PLACE}\t{PLACE}\t( *\d+\.\d)\t\.\.\.",
    "SFIX": rf"SFIX [LR]   {TIME}",
    "EFIX": rf"EFIX [LR]   {TIME}\t{TIME}\t{TIME}\t{PLACE}\t{PLACE}\t( *\d+)",
    "SSACC": rf"SSACC [LR]  {TIME}",
    "ESACC": rf"ESACC [LR]  {TIME}\t{TIME}\t{TIME}\t{PLACE}\t{PLACE}\t{PLACE}\t{PLACE}"
    r"\t( *\d+\.\d\d| +\.)\t( *\d+| +\.)",
    "SBLINK": rf"SBLINK [LR] {TIME}",
    "EBLINK": rf"EBLINK [LR] {TIME}\t{TIME}\t{TIME}",
    "END": rf"END\t{TIME} \tSAMPLES\tEVENTS\tRES\t *\d+\.\d\d\t *\d+\.\d\d",
}  # fmt: skip


@dataclass
class Recording:
    """One START to END: samples ``(time, x, y, pupil)`` and end events by kind."""

    samples: list = field(default_factory=list)
    events: dict = field(default_factory=lambda: {"FIX": [], "SACC": [], "BLINK": []})

    def between(self, first, last):
        start, step = self.rows[0, 0], self.rows[1, 0] - self.rows[0, 0]
        return self.rows[int((first - start) / step) : int((last - start) / step) + 1]

    @functools.cached_property
    def rows(self):
        return np.array(self.samples)


def number(text):
    return np.nan if text.strip() == "." else float(text)


def check(text):
    """Read an ASC text strictly: every line known, times in order, events nested. Returns all."""
    head, body = text.split("\n\n", 1)
    assert all(line.startswith("**") for line in head.split("\n"))
    recordings, opened, now, current = [], [], 0.0, None
    for line in body.splitlines():
        if line.startswith(">>>>>>> CALIBRATION"):
            continue
        kind, match = next(
            (
                (kind, found)
                for kind, rule in GRAMMAR.items()
                if (found := re.fullmatch(rule, line))
            ),
            (None, None),
        )
        assert kind, f"no line of an ASC file: {line!r}"
        values = match.groups()
        if kind == "START":
            assert current is None
            current = Recording()
        elif kind not in ("MSG",):
            assert current is not None, f"outside a recording: {line!r}"
        ends = kind[0] == "E" and kind != "END"
        time = float(values[1 if ends else 0]) if values else now
        assert time >= now, f"goes back in time: {line!r}"
        now = time
        if kind == "SAMPLE":
            current.samples.append((time, *map(number, values[1:])))
            lost = np.isnan(current.samples[-1][1])
            assert opened, f"belongs to no event: {line!r}"
            assert lost == (opened[-1][0] == "BLINK")
        elif kind in ("SFIX", "SSACC", "SBLINK"):
            inside = [one for one, _ in opened]
            assert inside == (["SACC"] if kind == "SBLINK" else []), line
            opened.append((kind[1:], time))
        elif ends:
            assert opened.pop() == (kind[1:], float(values[0])), f"ends no event: {line!r}"
            assert current.samples[-1][0] == time
            current.events[kind[1:]].append(tuple(map(number, values)))
        elif kind == "END":
            assert not opened
            recordings.append(current)
            current = None
    assert current is None
    return recordings


@pytest.fixture
def record(make_lab, tmp_path):
    """Return a function that records a wandering eye and returns the ASC text."""

    def run(seconds=60.0, **tracker):
        settings = Settings(
            tracker=TrackerSettings(**tracker), observer=ObserverSettings(blink_rate_hz=0.4)
        )
        rng = np.random.default_rng(1)
        lab = make_lab(lambda scene: rng.uniform(-12, 12, 2), settings)
        lab.tracker.calibrate()
        for number in range(1, 4):
            lab.tracker.message(f"TRIALID {number}")
            lab.tracker.start_recording()
            lab.clock.wait(seconds / 6)
            lab.tracker.message("1 SYNCTIME")
            lab.tracker.gaze()
            lab.clock.wait(seconds / 6)
            lab.tracker.stop_recording()
        lab.tracker.save(tmp_path / "s01r1.asc")
        return (tmp_path / "s01r1.asc").read_text()

    return run


@pytest.mark.parametrize("sample_rate_hz", [250, 500, 1000, 2000])
@pytest.mark.parametrize("eye", ["left", "right"])
def test_every_line_keeps_the_grammar_and_events_nest(record, sample_rate_hz, eye):
    text = record(20.0, sample_rate_hz=sample_rate_hz, eye=eye)
    recordings = check(text)
    assert len(recordings) == 3
    for one in recordings:
        assert set(np.diff([sample[0] for sample in one.samples])) == {1000 / sample_rate_hz}
    assert f"START\t{recordings[0].samples[0][0]:.0f} \t{eye.upper()}\t" in text
    assert f"RATE\t{sample_rate_hz:7.2f}\t" in text


def test_the_checker_refuses_what_is_no_grammar(record):
    text = record(6.0)
    lines = text.splitlines(keepends=True)
    sample = next(n for n, line in enumerate(lines) if line[:1].isdigit())
    start = next(n for n, line in enumerate(lines) if line.startswith("SFIX"))
    for broken in (
        [*lines[:sample], lines[sample + 1], lines[sample], *lines[sample + 2 :]],
        [*lines[:start], *lines[start + 1 :]],
        [*lines[:sample], "nonsense\n", *lines[sample:]],
    ):
        with pytest.raises(AssertionError):
            check("".join(broken))


def test_the_header_says_that_nobody_was_recorded(record):
    assert record(6.0).startswith("** SIMULATED RECORDING")


def test_fixations_are_the_mean_of_their_samples(record):
    for one in check(record()):
        assert len(one.events["FIX"]) > 30
        for first, last, duration, x, y, pupil in one.events["FIX"]:
            rows = one.between(first, last)
            assert duration == last - first + 2
            np.testing.assert_allclose(rows[:, 1:3].mean(axis=0), [x, y], atol=0.0501)
            assert rows[:, 3].mean() == pytest.approx(pupil, abs=0.501)


def test_saccades_have_the_ends_amplitude_and_peak_velocity_of_their_samples(record):
    screen = Settings().screen.geometry
    for one in check(record()):
        for first, last, _, x0, y0, x1, y1, amplitude, peak in one.events["SACC"]:
            rows = one.between(first, last)
            seen = rows[~np.isnan(rows[:, 1])]
            np.testing.assert_array_equal(seen[[0, -1], 1:3], [[x0, y0], [x1, y1]])
            degrees = screen_to_degrees(eyelink_to_screen(seen[:, 1:3]), screen)
            assert np.hypot(*(degrees[-1] - degrees[0])) == pytest.approx(amplitude, abs=0.00501)
            if len(seen) == len(rows) and amplitude > 2:
                # Peak of the bell is 15 / 8 of the mean, within noise and sampling.
                mean = amplitude / ((last - first + 2) / 1000)
                assert 1.5 < peak / mean < 2.4


def test_the_main_sequence_can_be_read_from_the_file(record):
    saccades = [
        (event[7], event[2])
        for one in check(record(120.0))
        for event in one.events["SACC"][1:-1]
        if one.between(*event[:2])[:, 3].all()  # no blink
    ]
    assert len(saccades) > 200
    slope, intercept = np.polyfit(*np.transpose(saccades), 1)
    assert slope == pytest.approx(2.2, abs=0.25)
    assert intercept == pytest.approx(21, abs=4)


def test_blinks_are_the_samples_without_an_eye(record):
    recordings = check(record())
    assert sum(len(one.events["BLINK"]) for one in recordings) > 5
    for one in recordings:
        lost = sum(np.isnan(sample[1]) for sample in one.samples)
        assert lost == sum(duration / 2 for *_, duration in one.events["BLINK"])


def test_a_message_stands_before_the_sample_of_its_time(record):
    lines = record(6.0).splitlines()
    place = next(n for n, line in enumerate(lines) if line.endswith("SYNCTIME"))
    arrived = float(lines[place].split()[1])
    before = next(line for line in lines[place::-1] if line[:1].isdigit())
    after = next(line for line in lines[place:] if line[:1].isdigit())
    assert float(before.split()[0]) < arrived <= float(after.split()[0])


def test_an_event_cut_off_by_the_recording_is_closed_with_it():
    # Lids are closed throughout: no position was seen at all.
    n = 10
    samples = asc.Samples(
        time_ms=1000.0 + 2.0 * np.arange(n),
        position_px=np.full((n, 2), np.nan),
        pupil=np.zeros(n),
        event=np.ones(n, int),
        saccade=np.ones(n, bool),
        interval_ms=2.0,
    )
    text = asc.recording(
        samples, [], eye="LEFT", sample_rate_hz=500, screen=Settings().screen.geometry
    )
    (one,) = check(asc.header(["TEST"]) + text)
    assert one.events["BLINK"] == [(1000.0, 1018.0, 20.0)]
    assert np.isnan(one.events["SACC"][0][3:]).all()


def test_the_calibration_is_told_in_the_hosts_words(record):
    text = record(6.0)
    rule = (
        r"MSG\t\d+ !CAL VALIDATION HV9 L LEFT  GOOD ERROR \d\.\d\d avg\. \d\.\d\d max  "
        r"OFFSET \d\.\d\d deg\. -?\d+\.\d,-?\d+\.\d pix\."
    )
    assert len(re.findall(rule, text)) == 1
    points = re.findall(r"VALIDATE L POINT (\d)  LEFT  at (\d+),(\d+)  OFFSET", text)
    assert [int(number) for number, _, _ in points] == list(range(9))
    assert points[0][1:] == ("960", "540")
