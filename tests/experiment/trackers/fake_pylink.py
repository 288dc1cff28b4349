"""A pylink without a tracker: the library's interface, states and errors, and scripted faults.

It stands for the module, not for a class in it: ``FakePylink().EyeLink(address)`` connects. What it
does is what the library documents, or was measured to do (dummy mode is tested with the library
itself): states must follow each other, calls in the wrong state raise `RuntimeError`, and files
come as ASC text in real grammar, with the samples of a scripted eye.
"""

import os
import re
from collections import Counter
from pathlib import Path

import numpy as np

from experiment.trackers.simulated import SimulatedTracker
from stimuli.contract.geometry import screen_to_eyelink

# What the host takes in its setup alone, not while it records.
SETUP_COMMANDS = {
    "screen_pixel_coords", "screen_phys_coords", "screen_distance", "active_eye", "sample_rate",
    "calibration_type", "file_sample_data",
}  # fmt: skip


class EyeLinkCustomDisplay:
    """The base class of a display; the library's prints that a method is not implemented."""

    def draw_cross_hair(self):
        for index, line in enumerate([(0, 40, 99, 40), (50, 0, 50, 79)], start=1):
            self.draw_line(*line, index)


class KeyInput:
    def __init__(self, key, mod=0, state=0):
        self.key, self.mod = key, mod


class _Eye:
    def __init__(self, gaze):
        self._gaze = gaze

    def getGaze(self):
        return self._gaze


class _Sample:
    def __init__(self, time_ms, gaze, eye):
        self._time_ms, self._gaze, self._eye = time_ms, gaze, eye

    def getTime(self):
        return self._time_ms

    def getLeftEye(self):
        return _Eye(self._gaze) if self._eye == 0 else None

    def getRightEye(self):
        return _Eye(self._gaze) if self._eye == 1 else None


class FakeHost:
    """The host computer, which outlives every connection and every crash of ours.

    A recording goes on, and a file stays open, until the host is told otherwise.

    Attributes
    ----------
    folder
        Its disk.
    open_file
        Name of the file that is open, without ``.edf``.
    mode
        ``idle``, ``record``, or another.
    """

    def __init__(self, folder: Path):
        self.folder, self.open_file, self.mode = folder, None, "idle"
        self.recorder = None

    def end_recording(self):
        if self.mode == "record":
            self.recorder.stop_recording()
        self.mode = "idle"

    def close_file(self):
        if self.recorder is not None:
            self.recorder._file = None
        self.open_file = None


class FakePylink:
    """The module.

    Parameters
    ----------
    clock, eye, settings
        As for `experiment.trackers.simulated.SimulatedTracker`.
    host
        The host that it connects to.
    faults
        Names of faults and how often, or at which call, they strike: ``no_tracker``,
        ``open_refused``, ``start_refused``, ``no_first_sample``, ``escape_in_setup``,
        ``leaves_setups`` (numbers of those that are left at once),
        ``validation_deg``, ``drift_raises``, ``samples_none``, ``eye_lost``, ``link_drops_at``,
        ``recording_ends_at`` (by the number of a check, what it returns), ``silent_from``,
        ``transfer_fails``, ``transfer_empty``, ``close_refused``, ``setup_raises``, and
        ``refuses`` (settings that the host does not take).
    """

    BX_MAXCONTRAST = 4
    EyeLinkCustomDisplay, KeyInput = EyeLinkCustomDisplay, KeyInput

    def __init__(self, clock, eye, settings, host: FakeHost, **faults):
        self.clock, self.eye, self.settings, self.host = clock, eye, settings, host
        self.faults, self.counts = faults, Counter()
        self.transcript: list[str] = []
        self.graphics = None

    def EyeLink(self, address):
        if self.faults.get("no_tracker"):
            raise RuntimeError(f"Could not connect to tracker at {address}")
        return FakeLink(self)

    def openGraphicsEx(self, display):
        assert isinstance(display, EyeLinkCustomDisplay)
        if self.graphics is not None:
            raise RuntimeError("Unable to use new EyeLinkCustomDisplay")
        self.graphics = display

    def closeGraphics(self):
        self.graphics = None

    def msecDelay(self, delay):
        self.clock.wait(delay / 1000)


class FakeLink:
    """An open link."""

    def __init__(self, module: FakePylink):
        self._module, self._faults, self._host = module, module.faults, module.host
        self._tracker = SimulatedTracker(
            module.clock, module.eye, module.settings, np.random.default_rng(0), self._host.folder
        )
        self._connected, self._message, self._started_ms = True, "", None

    def _say(self, text):
        self._module.transcript.append(text)

    def _need_link(self):
        if not self._connected:
            raise RuntimeError("Link terminated")

    def _strikes(self, fault):
        """Whether a fault that strikes the first n times strikes now."""
        self._module.counts[fault] += 1
        return self._module.counts[fault] <= self._faults.get(fault, 0)

    def isConnected(self):
        return int(self._connected)

    def getTrackerVersionString(self):
        return "EYELINK CL 5.15"

    def getTrackerVersion(self):
        return 3

    def _need_idle(self):
        if self._host.mode != "idle":
            raise RuntimeError("Invalid tracker mode")

    def close(self):
        self._say("close")
        self._connected = False

    def sendCommand(self, text):
        self._need_link()
        word, _, rest = text.replace("=", " ", 1).partition(" ")
        if word == "screen_distance" and len(rest.split()) == 2:
            # Each is the way from the eye to an edge, so no shorter than that to the screen.
            screen = self._module.settings.screen
            assert all(float(edge) > 10 * screen.distance_cm for edge in rest.split()), text
        if word in SETUP_COMMANDS:
            self._need_idle()
        self._say(f"command  {text}")
        if word in self._faults.get("refuses", ()):
            self._message = "Illegal value"
            return 1
        return 0

    def sendMessage(self, text):
        self._need_link()
        assert len(text) < 120, f"the manuals recommend less than 120 characters: {text}"
        self._say(f"message  {text}")
        self._tracker.message(text)
        return 0

    def setOfflineMode(self):
        self._need_link()
        self._host.end_recording()

    def imageBackdrop(self, path, left, top, width, height, x, y, options):
        self._need_link()
        self._need_idle()
        assert Path(path).is_file()
        assert options == FakePylink.BX_MAXCONTRAST
        self._say(f"backdrop {Path(path).name} {left} {top} {width} {height} {x} {y}")
        return 0

    def getLastMessage(self):
        return self._message

    def openDataFile(self, name):
        self._need_link()
        self._need_idle()
        stem = name.removesuffix(".edf")
        assert re.fullmatch(r"[A-Za-z0-9_]{1,8}\.edf", name), name
        self._say("open     data file")
        if self._strikes("open_refused"):
            self._message = "disk full"
            return -1
        self._host.close_file()  # as the library documents: opening closes what is open
        path = self._host.folder / f"{stem}.asc"
        assert not path.exists(), f"the host overwrites {stem}.edf"
        self._tracker.open(stem)
        os.replace(self._tracker._file, path)
        self._tracker._file, self._host.recorder, self._host.open_file = path, self._tracker, stem
        return 0

    def closeDataFile(self):
        self._need_link()
        self._need_idle()
        closed, self._host.open_file = self._host.open_file, None
        self._say("close    data file")
        self._host.close_file()
        if closed and self._strikes("close_refused"):
            self._message = "Write error"
            return -1
        return 0

    def receiveDataFile(self, source, destination):
        self._need_link()
        self._need_idle()
        path, stem = Path(destination), source.removesuffix(".edf")
        if path.exists():
            raise RuntimeError("file exists")
        if self._host.open_file == stem:
            raise RuntimeError("file is open")
        if self._strikes("transfer_fails"):
            path.write_bytes(b"part of a file")
            raise RuntimeError("Error in data transfer: -102")
        if self._strikes("transfer_empty"):
            return 0
        kept = self._host.folder / f"{stem}.asc"
        if not kept.is_file():
            raise RuntimeError("File not found")
        self._say("receive  data file")
        return path.write_bytes(kept.read_bytes())

    def doTrackerSetup(self):
        self._need_link()
        self._say("setup")
        if self._strikes("setup_raises"):
            raise RuntimeError("No reply from the tracker")
        screen = self._module.graphics
        screen.setup_cal_display()
        keys = [key.key for key in screen.get_input_key() or []]
        if 27 in keys:
            screen.exit_cal_display()
            return
        self._module.counts["setups"] += 1
        if self._strikes("escape_in_setup"):
            self._message = ""
            screen.exit_cal_display()
            return
        if self._module.counts["setups"] in self._faults.get("leaves_setups", ()):
            screen.exit_cal_display()  # and the library still tells of the validation before
            return
        for x in (60, 960, 1860):
            screen.draw_cal_target(x, 540)
            screen.erase_cal_target()
        found = self._tracker.validate() if ord("v") in keys else self._tracker.calibrate()
        error_deg, max_deg = found.mean_deg, found.max_deg
        if self._faults.get("validation_deg"):
            error_deg = self._faults["validation_deg"].pop(0)
            max_deg = 2 * error_deg
        self._message = (
            f"calibration_result: 0 VALIDATION HV9 L LEFT  GOOD ERROR {error_deg:.2f} avg. "
            f"{max_deg:.2f} max  OFFSET 0.10 deg. 1.0,2.0 pix."
        )
        screen.play_beep(0)
        screen.exit_cal_display()

    def getCalibrationMessage(self):
        return self._message

    def doDriftCorrect(self, x, y, draw, allow_setup):
        self._need_link()
        self._need_idle()
        if self._strikes("drift_raises"):
            raise RuntimeError("Invalid tracker mode")
        self._say(f"drift    check {x} {y} {draw} {allow_setup}")
        for key in self._module.graphics.get_input_key() or []:
            if key.key == 27:
                return 27
        offset_deg = self._tracker.drift_check()
        if offset_deg is None:
            return 27
        self._message = f"drift_correction OFFSET {offset_deg:.2f} deg.  1.0,1.0 pix."
        return 0

    def startRecording(self, *what):
        self._need_link()
        assert what == (1, 1, 1, 1)
        self._need_idle()
        if self._strikes("start_refused"):
            return -1
        self._say("start    recording")
        self._host.mode, self._started_ms = "record", self._tracker.start_recording()
        self._pending = [15, 200]
        return 0

    def waitForBlockStart(self, timeout, samples, events):
        return 0 if self._strikes("no_first_sample") else 1

    def getNextData(self):
        return self._pending.pop(0) if self._pending else 0

    def getFloatData(self):
        first_ms = self.trackerTimeUsec() / 1000
        first_ms -= 1000 * (self._module.clock.now() - self._started_ms)
        return _Sample(first_ms, (0.0, 0.0), 0)

    def eyeAvailable(self):
        return 0 if self._host.mode == "record" else -1

    def isRecording(self):
        self._module.counts["checks"] += 1
        checks = self._module.counts["checks"]
        if checks == self._faults.get("link_drops_at"):
            self._connected = False
        if not self._connected:
            return 3
        if checks in self._faults.get("recording_ends_at", ()):
            self._host.end_recording()
            return self._faults["recording_ends_at"][checks]
        return 0 if self._host.mode == "record" else 3

    def getNewestSample(self):
        if self._host.mode != "record" or self._faults.get("samples_none"):
            return None
        time_ms = round(self.trackerTimeUsec() / 1000)
        if self._module.counts["checks"] >= self._faults.get("silent_from", np.inf):
            time_ms = -1
        gaze = self._tracker.gaze()
        if gaze is None or self._faults.get("eye_lost"):
            return _Sample(time_ms, (-32768, -32768), 0)
        return _Sample(time_ms, tuple(screen_to_eyelink(gaze)), 0)

    def stopRecording(self):
        self._say("stop     recording")
        self._host.end_recording()

    def trackerTimeUsec(self):
        return 1000 * (5_000_000 + 1000 * self._module.clock.now())
