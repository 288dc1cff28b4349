"""A tracker of samples: its validation, its recording as BIDS, and what it survives."""

import errno
import gzip
import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.fixations.run_fixations import run_fixations
from analysis.sessions.runs import read_runs
from experiment import run as run_command
from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.laboratory.simulation import SimulatedOperator
from experiment.observer.eye import Eye
from experiment.protocols.lab import Lab
from experiment.protocols.tracker import LostRecording, TrackerFault, Validation
from experiment.records import storage
from experiment.records.earlier_runs import earlier_runs, recover_earlier_runs
from experiment.subjects import recording
from experiment.trackers.physio_files import WorkingFiles, write_physio_files
from experiment.trackers.sampled import SampledTracker
from experiment.trackers.samples import GazeSamples
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.geometry import degrees_to_screen, screen_to_degrees
from stimuli.contract.schemas import EVENTS
from stimuli.contract.settings import Settings
from stimuli.contract.study import PHYSIO, open_study
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.tables import read_table
from tests.experiment.trackers.sources import EyeSource

BEH = "sub-07/beh/sub-07_task-freeview_run-{}_"
# Of those that show images, of 0.3 s at 120 Hz.
IN_TRIAL_2 = 50


class FollowedDisplay(VirtualDisplay):
    """Remembers where the newest target is, and how many were shown."""

    target_px, targets = None, 0

    def draw_target_at(self, point_px):
        if self.target_px is None or not np.array_equal(point_px, self.target_px):
            self.targets += 1
        self.target_px = np.array(point_px)


class PointedSource:
    """Gaze that rests beside whichever target is shown, by so many degrees at each."""

    rate_hz, eyes = 250.0, ("left",)

    def __init__(self, display, clock, screen, errors_deg):
        self.facts = {}
        self._display, self._clock, self._screen = display, clock, screen
        self._errors_deg, self._until_s = errors_deg, 0.0

    def calibrate(self):
        return True

    def start(self):
        self._until_s = self._clock.now()

    def samples(self):
        times_s = np.arange(self._until_s, self._clock.now(), 0.004)
        self._until_s = self._clock.now()
        target_deg = screen_to_degrees(self._display.target_px, self._screen)
        gaze_deg = target_deg + self._errors_deg[self._display.targets - 1]
        px = np.tile(degrees_to_screen(gaze_deg, self._screen), (len(times_s), 1))
        return GazeSamples(times_s, {"left": np.column_stack([px, np.ones(len(px))])})

    def stop(self):
        pass


def validated(tmp_path, errors_deg):
    settings, clock = Settings(), VirtualClock()
    display = FollowedDisplay(clock, 120.0)
    source = PointedSource(display, clock, settings.screen.geometry, errors_deg)
    tracker = SampledTracker(source, display, clock, settings, tmp_path / "host")
    tracker.open("07")
    return tracker.calibrate(), (tmp_path / "host" / "07-1_messages.tsv").read_text()


def test_a_validation_measures_how_far_gaze_is_from_the_targets(tmp_path):
    errors_deg = np.tile([0.3, 0.4], (9, 1))
    errors_deg[4] = [0.0, -1.4]
    found, told = validated(tmp_path, errors_deg)
    assert found == Validation(pytest.approx(0.6, abs=0.01), pytest.approx(1.4, abs=0.01))
    assert "!CAL VALIDATION HV9 L LEFT GOOD ERROR 0.60 avg. 1.40 max" in told


def test_an_eye_that_is_lost_at_a_target_is_not_validated(tmp_path):
    errors_deg = np.zeros((9, 2))
    errors_deg[7] = np.nan
    found, told = validated(tmp_path, errors_deg)
    assert found is None
    assert "!CAL VALIDATION L ABORTED" in told


@pytest.fixture
def session(monkeypatch, tmp_path):
    """Return a function that runs a session with a tracker of samples, and its source."""

    def gone(path):
        raise TrackerFault("nobody is there to save it", lost=True)

    def lost():
        raise TrackerFault("its process has ended", lost=True)

    def start(study, *options, frame=None, ends="us", goal=lambda scene: np.zeros(2), **choices):
        made = {}

        class Opened:
            def __init__(self, mode, files, stimuli, **screen):
                settings, clock = files.study.settings, VirtualClock()
                eye = Eye(goal, settings.observer, np.random.default_rng(1))

                class Display(VirtualDisplay):
                    frames = 0

                    def draw_picture(self, picture):
                        self.frames += 1
                        if self.frames == frame and ends == "the tracker":
                            source.samples = lost
                        elif self.frames == frame:
                            tracker.save = gone
                            raise SystemExit("killed")
                        super().draw_picture(picture)

                display = Display(clock, settings.screen.refresh_hz, seen=eye.see)
                source = made["source"] = EyeSource(clock, eye, settings, **choices)
                host = files.folder / "host"
                tracker = SampledTracker(source, display, clock, settings, host)
                self.lab = Lab(
                    clock, display, tracker, SimulatedOperator(clock), ParticipantKind.HUMAN
                )

            def __enter__(self):
                return self.lab

            def __exit__(self, *error):
                pass

        monkeypatch.setattr(recording, "open_lab", Opened)
        command = ["--study", str(study), "--subject", "07", "--no-report", *options]
        made["status"] = run_command.main(command)
        return made

    return start


def described(study, name):
    return json.loads((study / f"{BEH.format(1)}{name}.json").read_text())


def test_a_session_is_kept_as_bids_physio_and_its_fixations_are_found(make_study, session):
    look = np.array([[-4.0, -3.0], [4.0, 3.0]])
    turns = iter(range(10_000))
    study = make_study(
        sources=2, settings="[session]\nimage_s = 1.5\n[tracker]\nsample_rate_hz = 250\n"
        "[observer]\nblink_rate_hz = 0",
    )  # fmt: skip
    made = session(study, goal=lambda s: look[next(turns) % 2] if s.stim_id else np.zeros(2))
    assert made["status"] == 0
    assert not (study / "sourcedata/sub-07/host").exists()
    sidecar = described(study, "recording-eye1_physio")
    assert sidecar["Columns"] == ["timestamp", "x_coordinate", "y_coordinate", "pupil_size"]
    assert (sidecar["StartTime"], sidecar["SamplingFrequency"]) == (0.0, 250.0)
    assert (sidecar["RecordedEye"], sidecar["Manufacturer"]) == ("left", "Nobody")
    assert described(study, "recording-eye2_physio")["RecordedEye"] == "right"

    # The onsets of the events lie on the samples' clock, whose first sample is their zero.
    path = study / f"{BEH.format(1)}recording-eye1_physio.tsv.gz"
    first_ms = float(gzip.decompress(path.read_bytes()).split(b"\t", 1)[0])
    events = path.with_name(path.name.replace("_physio.", "_physioevents."))
    told = [line.split("\t") for line in gzip.decompress(events.read_bytes()).decode().splitlines()]
    onsets_s = [
        (float(at) - int(text.split()[0]) - first_ms) / 1000
        for at, _, _, text in told if text.endswith("SYNCTIME")
    ]  # fmt: skip
    rows = read_table(study / f"{BEH.format(1)}events.tsv", EVENTS)
    assert [row["onset"] for row in rows] == pytest.approx(onsets_s, abs=0.002)

    opened = open_study(study)
    (run,) = read_runs(opened, read_catalogue(opened.catalogue))
    found = run_fixations(run, run.recording, opened.settings)
    assert found.fixations["trial"].nunique() == 6
    placement = opened.settings.placement
    px = found.fixations[["x_px", "y_px"]].to_numpy() + placement.origin
    deg = screen_to_degrees(px, opened.settings.screen.geometry)
    later = (found.fixations["fixation"] > 0).to_numpy()
    off_deg = np.linalg.norm(deg[later][:, None] - look, axis=2).min(axis=1)
    assert np.median(off_deg) < 0.5


@pytest.mark.parametrize("ends", ["us", "the tracker"])
def test_what_was_recorded_before_a_crash_is_handed_over_by_resuming(make_study, session, ends):
    rate = "[tracker]\nsample_rate_hz = 250"
    study = make_study(sources=3, settings=f"[session]\nimage_s = 0.3\n{rate}")
    assert session(study, frame=IN_TRIAL_2, ends=ends)["status"] != 0
    kept = study / f"{BEH.format(1)}recording-eye1_physio.tsv.gz"
    assert kept.exists() == (ends == "the tracker")
    assert session(study, "--resume")["status"] == 0
    opened = open_study(study)
    before, after = read_runs(opened, read_catalogue(opened.catalogue))
    rows = [
        read_table(study / f"{BEH.format(run.run)}events.tsv", EVENTS) for run in (before, after)
    ]
    assert [[row["trial"] for row in of_run] for of_run in rows] == [[1, 2], [*range(3, 10)]]
    assert [row["status"] for row in rows[0]] == ["complete", "interrupted"]
    for run, trials in ((before, {1}), (after, {*range(3, 10)})):
        found = run_fixations(run, run.recording, opened.settings).fixations
        assert set(found["trial"]) == trials


def test_a_recording_that_cannot_be_put_in_its_place_is_still_kept(
    make_study, session, monkeypatch
):
    study = make_study(sources=1, settings="[session]\nimage_s = 0.3")

    def fails(source, target):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "os", SimpleNamespace(fsync=os.fsync, replace=fails))
        with pytest.raises(OSError, match="Input/output"):
            session(study)
    assert session(study, "--resume")["status"] == 0
    assert (study / f"{BEH.format(1)}recording-eye1_physio.tsv.gz").is_file()
    assert not (study / "sourcedata/sub-07/host").exists()


def test_a_tracker_that_falls_silent_is_a_fault(tmp_path):
    settings, clock = Settings(), VirtualClock()
    eye = Eye(lambda scene: np.zeros(2), settings.observer, np.random.default_rng(1))
    source = EyeSource(clock, eye, settings)
    tracker = SampledTracker(source, VirtualDisplay(clock, 120.0), clock, settings, tmp_path)
    tracker.open("07")
    tracker.start_recording()
    clock.wait(0.5)
    assert tracker.check()
    source.silent_from_s = clock.now()
    clock.wait(1.5)
    with pytest.raises(TrackerFault, match="no sample has come for 1 s"):
        tracker.check()
    tracker.stop_recording()
    source.silent_from_s = 0.0
    with pytest.raises(TrackerFault, match="in the first 2 s"):
        tracker.start_recording()


def test_a_rate_that_is_not_that_of_the_samples_is_not_told(tmp_path):
    files = WorkingFiles(tmp_path, "07-1")
    files.begin({"eyes": ["left"], "preferred": "left", "rate_hz": 500.0})
    times_s = np.arange(100) / 150.0
    files.add_samples(GazeSamples(times_s, {"left": np.ones((100, 3))}))
    path = tmp_path / "sub-07_task-freeview_run-1_recording-eye1_physio.tsv.gz"
    write_physio_files(files, path)
    sidecar = json.loads(path.with_name(path.name.replace(".tsv.gz", ".json")).read_text())
    assert sidecar["SamplingFrequency"] == pytest.approx(150, abs=1)


@pytest.mark.parametrize("table", ["samples.tsv", "messages.tsv", "facts.json"])
def test_a_table_that_is_gone_is_named_and_nothing_is_made_of_the_others(tmp_path, table):
    folder, path = tmp_path / "host", tmp_path / "sub-07_recording-eye1_physio.tsv.gz"
    files = WorkingFiles(folder, "07-1")
    files.begin({"eyes": ["left"], "preferred": "left", "rate_hz": 60.0})
    files.add_messages([(0.0, "TRIALID 1")])
    assert files.missing is None
    files.add_samples(GazeSamples(np.arange(9) / 60, {"left": np.ones((9, 3))}))
    files.add_messages([(0.1, "2 SYNCTIME")])
    assert files.missing is None
    (folder / f"07-1_{table}").unlink()
    tracker = SampledTracker(None, None, None, Settings(), folder)
    with pytest.raises(LostRecording, match=rf"host/07-1_{table}: is no longer there; .* a copy"):
        tracker.recover("07-1", path)
    assert not path.exists()


def test_the_recording_of_another_tracker_is_not_taken_for_lost(make_study, session):
    study = make_study(sources=1, settings="[session]\nimage_s = 0.3")
    session(study, frame=IN_TRIAL_2)
    path = study / "sourcedata/sub-07/sub-07_task-freeview_run-1_journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[1]["recording"].endswith("_run-1_recording-eye1_physio.tsv.gz")
    (run,) = earlier_runs(open_study(study), "07")
    next(line for line in run.lines if "recording" in line)["recording"] = "s07r1.edf"
    tracker = type("Other", (), {"suffix": PHYSIO})
    (fault,) = recover_earlier_runs([run], tracker, [])
    assert "s07r1.edf is another tracker's" in str(fault)
