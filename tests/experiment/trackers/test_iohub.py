"""ioHub's samples by their status, its answers, and its mouse from calibration to report."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from experiment.protocols.tracker import TrackerFault
from experiment.trackers import iohub_process
from experiment.trackers.iohub import (
    GAZEPOINT,
    MOUSE_GAZE,
    IohubSource,
    open_iohub,
)
from experiment.trackers.iohub_process import end_left_behind
from experiment.trackers.setup_messages import HV9
from stimuli.contract.schemas import EVENTS
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table
from tests.experiment.display.screen import Command, open_screen


class Device:
    """A tracker of ioHub whose events and answer to a calibration are scripted."""

    def __init__(self, events=(), answer=None, rate=150):
        self.events, self.answer, self.recording = list(events), answer, False
        self.stated = {"manufacturer_name": "GazePoint", "model_name": "GP3",
                       "runtime_settings": {"sampling_rate": rate}}  # fmt: skip

    def getConfiguration(self):
        return self.stated

    def getEvents(self):
        events, self.events = self.events, []
        return events

    def clearEvents(self):
        self.events = []

    def setRecordingState(self, wanted):
        self.recording = wanted

    def isRecordingEnabled(self):
        return self.recording

    def runSetupProcedure(self, arguments):
        return self.answer


def both_eyes(time, status):
    return SimpleNamespace(
        type=52, time=time, status=status,
        left_gaze_x=-960.0, left_gaze_y=540.0, left_pupil_measure1=3.0,
        right_gaze_x=0.0, right_gaze_y=-10.0, right_pupil_measure1=4.0,
    )  # fmt: skip


def source(device, kind=GAZEPOINT):
    return IohubSource(device, Settings(), kind, calibration=dict)


def test_eyes_that_ioHub_marks_as_lost_are_missing_and_places_are_screen_pixels():
    events = [both_eyes(1.0, 0), both_eyes(1.1, 20), both_eyes(1.2, 2), both_eyes(1.3, 22)]
    # The mouse of ioHub tells of the start of a fixation, too, with its place.
    begun = SimpleNamespace(type=53, time=0.9, gaze_x=0.0, status=0)
    found = source(Device([begun, *events])).samples()
    assert found.time_s == pytest.approx([1.0, 1.1, 1.2, 1.3])
    assert found.eyes["left"][0] == pytest.approx([0, 0, 3])
    assert found.eyes["right"][0] == pytest.approx([960, 550, 4])
    lost = {side: np.isnan(values[:, 0]).tolist() for side, values in found.eyes.items()}
    assert lost == {"left": [False, True, False, True], "right": [False, False, True, True]}


def test_a_tracker_of_one_eye_is_the_eye_of_the_study():
    place = {"gaze_x": 0.0, "gaze_y": 0.0, "pupil_measure1": 5.0}
    event = SimpleNamespace(type=51, time=1.0, status=0, **place)
    found = source(Device([event]), MOUSE_GAZE)
    assert found.eyes == ("left",)
    assert found.samples().eyes["left"][0] == pytest.approx([960, 540, 5])


def test_rate_and_answers_of_a_tracker_are_understood():
    assert source(Device(rate=150)).rate_hz == 150.0
    assert source(Device(rate="Auto")).rate_hz == 500.0
    assert source(Device(answer={"RESULT": "CALIBRATION_OK"})).calibrate()
    assert not source(Device(answer={"RESULT": "CALIBRATION_ABORTED"})).calibrate()
    with pytest.raises(TrackerFault, match="RPC_DEVICE_RUNTIME_ERROR"):
        source(Device(answer="RPC_DEVICE_RUNTIME_ERROR")).calibrate()


def test_a_process_of_ioHub_that_has_ended_is_a_tracker_that_is_lost():
    found = IohubSource(Device(), Settings(), GAZEPOINT, calibration=dict, alive=lambda: False)
    found._tracker.getEvents = lambda: None  # as its client answers then, or with an error
    found._tracker.isRecordingEnabled = found._tracker.getEvents
    found._tracker.runSetupProcedure = lambda arguments: found._tracker.getEvents()[2]
    for work in (found.calibrate, found.start, found.samples):
        with pytest.raises(TrackerFault, match="has ended") as fault:
            work()
        assert fault.value.lost


@pytest.fixture
def silent(monkeypatch):
    """A process of ioHub that never answers, and its client, which is asked without an end."""
    from psychopy.iohub.devices import Computer

    process = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(Computer, "iohub_process", process, raising=False)
    monkeypatch.setattr(iohub_process, "_SILENCE_S", 0.1)
    connection = SimpleNamespace(sock=SimpleNamespace(settimeout=lambda seconds: None))
    connection.receive = lambda: time.sleep(0.02)
    yield process, SimpleNamespace(udp_client=connection)
    if process.is_running():
        process.kill()
    process.wait()


def test_a_calibration_of_ioHub_may_take_any_time(silent):
    process, hub = silent
    unhurried = iohub_process.wait_while_alive(hub)
    ended = threading.Timer(0.5, process.kill)
    with unhurried():
        ended.start()
        began_s = time.monotonic()
        assert hub.udp_client.receive() is None
        assert time.monotonic() - began_s > 0.4


def test_a_process_of_ioHub_that_gives_no_answer_is_ended(silent):
    process, hub = silent
    iohub_process.wait_while_alive(hub)
    assert hub.udp_client.receive() is None
    assert process.wait(20) == -signal.SIGKILL


def test_what_a_session_that_was_killed_left_of_ioHub_is_ended():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    words = [sys.executable, "-c", "import time; time.sleep(60)", "start_iohub_process.py"]
    left, ours = (subprocess.Popen([*words, str(pid)]) for pid in (ended.pid, os.getpid()))
    end_left_behind()
    left.wait(20)  # sleeps for a minute otherwise
    assert ours.poll() is None
    ours.kill()
    ours.wait()


def test_a_package_that_is_missing_is_named_before_ioHub_is_started():
    absent = replace(GAZEPOINT, package="psychopy-eyetracker-of-nobody")
    with pytest.raises(InputError, match="pip install psychopy-eyetracker-of-nobody"):
        open_iohub(absent, None, Settings()).__enter__()


QUICK = """
[screen]
refresh_hz = 60.0
[session]
image_s = 0.5
blank_s = 0.2
validate_blocks = false
[tracker]
model = "mouse-gaze"
sample_rate_hz = 100.0
validation_target_s = 0.3
"""


def drive(command, screen, until):
    """Be participant and operator: look where the targets are, and answer whatever waits."""
    heard, since = 0, time.monotonic()
    while until not in command.said():
        assert command.process.poll() is None, command.said()
        told = command.said()[heard:]
        if targets := re.findall(r"validation: target (\d)", told):
            x, y = 1 + np.array(HV9[int(targets[-1]) - 1])
            screen.move_mouse(round(960 * x) + 10, round(540 * y))
        elif told or (heard and time.monotonic() > since + 2):  # ioHub's own display says nothing
            screen.move_mouse(960, 540)
            screen.press("c" if "c: calibrate again" in told else "space")
        if told:
            heard, since = heard + len(told), time.monotonic()
        time.sleep(0.05)


def test_the_mouse_of_ioHub_from_calibration_to_report(make_study, tmp_path):
    study = make_study(sources=1, settings=QUICK)
    with open_screen(1920, 1080) as screen:
        words = ["--study", str(study), "--subject", "07", "--no-report"]
        command = Command(screen, tmp_path, "experiment.run", *words, alone=True)
        drive(command, screen, "trial 1 photo01-original: complete")
        # As a terminal does, to every process of the session: none may be waited for in vain.
        os.killpg(command.process.pid, signal.SIGINT)
        assert command.end() == 130, command.said()
        assert "Traceback" not in command.said()
    (row,) = read_table(study / "sub-07/beh/sub-07_task-freeview_run-1_events.tsv", EVENTS)
    assert row["status"] == "complete"
    sidecar = study / "sub-07/beh/sub-07_task-freeview_run-1_recording-eye1_physio.json"
    times_ms = np.loadtxt(sidecar.with_suffix(".tsv.gz"), usecols=0)
    assert (np.diff(times_ms) > 0).all()  # ioHub's events of fixations and saccades are no samples
    described = json.loads(sidecar.read_text())
    # Ten pixels beside each target are a quarter of a degree.
    assert described["AverageCalibrationError"] == pytest.approx(0.25, abs=0.1)
    assert (described["SamplingFrequency"], described["RecordedEye"]) == (100.0, "left")
    report = [sys.executable, "-m", "analysis.session", str(study), "--subject", "07"]
    subprocess.run(report, check=True)
    assert "MouseGaze" in sidecar.read_text()
    assert (study / "derivatives/quality/sub-07.html").is_file()
