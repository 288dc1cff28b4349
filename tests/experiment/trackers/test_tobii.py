"""A Tobii through a stand-in for titta, which has its functions, clock, units and complaints."""

import sys
from pathlib import Path

import numpy as np
import pytest

from experiment.display.virtual import VirtualClock
from experiment.trackers import tobii
from stimuli.contract.settings import Settings, TrackerSettings
from stimuli.support.errors import InputError

SETTINGS = Settings(tracker=TrackerSettings(device="Tobii Pro Spectrum", sample_rate_hz=300))


class Chosen:
    SAMPLING_RATE, N_CAL_TARGETS, TRACKER_ADDRESS, DATA_STORAGE_PATH = 600, 5, "", ""


class FakeTitta:
    """What ``Titta.Connect`` returns, and the module ``titta.Titta`` itself.

    Its clock counts microseconds and began a thousand seconds before that of the display.
    """

    def __init__(self, clock, supported=(60, 120, 150, 300, 600)):
        self.clock, self.supported, self.history = clock, supported, []
        self.buffer, self.started, self.pending = self, False, []
        self.escape = False

    def get_defaults(self, name):
        if name != "Tobii Pro Spectrum":
            raise Exception("eye tracker type not supported")
        return Chosen()

    def Connect(self, chosen):
        self.chosen = chosen
        return self

    def init(self):
        assert self.chosen.SAMPLING_RATE in self.supported, f"Supported: {self.supported}"

    def system_info(self):
        return {"model": "Tobii Pro Spectrum", "serial_number": "TPSP1", "firmware_version": "2.6",
                "titta_version": "2.2.2"}  # fmt: skip

    def get_sample_rate(self):
        return self.chosen.SAMPLING_RATE

    def get_system_time_stamp(self):
        return round(1e6 * (self.clock.now() + 1000))

    def calibration_history(self):
        return self.history

    def calibrate(self, window):
        if self.escape:  # as titta 2.2.2 does
            window.close()
            sys.exit(0)
        Path(self.chosen.DATA_STORAGE_PATH, "test_validation_image1.png").touch()
        self.history = [*self.history, window]

    def start_recording(self, *, gaze):
        self.started = gaze

    def stop_recording(self, *, gaze):
        self.started = not gaze

    def sees(self, left, right, *, valid=(1, 1)):
        self.pending.append((self.get_system_time_stamp(), *left, valid[0], *right, valid[1]))

    def consume_N(self, stream, count):
        assert (stream, count) == ("gaze", sys.maxsize)
        rows, self.pending = np.array(self.pending).reshape(-1, 7), []
        found = {"system_time_stamp": rows[:, 0].astype(np.int64)}
        for side, at in (("left", 1), ("right", 4)):
            found[f"{side}_gaze_point_on_display_area_x"] = rows[:, at]
            found[f"{side}_gaze_point_on_display_area_y"] = rows[:, at + 1]
            found[f"{side}_gaze_point_valid"] = rows[:, at + 2].astype(bool)
            found[f"{side}_pupil_diameter"] = np.full(len(rows), 3.2)
            found[f"{side}_pupil_valid"] = rows[:, at + 2].astype(bool)
        return found


class Opened:
    """A PsychoPy window."""

    closed = False

    def close(self):
        self.closed = True


class Window:
    window = Opened()


def test_shares_of_the_screen_and_microseconds_become_pixels_and_the_displays_seconds():
    clock = VirtualClock()
    titta = FakeTitta(clock)
    with tobii.open_tobii(Window, clock, SETTINGS, library=titta) as source:
        assert source.calibrate()
        assert titta.history == [Window.window]
        assert (source.rate_hz, source.eyes) == (300.0, ("left", "right"))
        assert source.facts["ManufacturersModelName"] == "Tobii Pro Spectrum"
        titta.sees((0.1, 0.1), (0.1, 0.1))  # of its own display: not of the recording
        source.start()
        clock.wait(2.5)
        titta.sees((0.5, 0.5), (0.25, 1.0))
        titta.sees((0.5, 0.5), (0.25, 1.0), valid=(0, 1))
        found = source.samples()
        assert found.time_s == pytest.approx([2.5, 2.5], abs=1e-5)
        assert found.eyes["left"][0] == pytest.approx([960, 540, 3.2])
        assert np.isnan(found.eyes["left"][1]).all()
        assert found.eyes["right"][1] == pytest.approx([480, 1080, 3.2])
        assert not len(source.samples())
    assert not titta.started


def test_leaving_its_setup_by_escape_is_no_calibration_and_no_end_of_the_session():
    clock = VirtualClock()
    titta = FakeTitta(clock)
    with tobii.open_tobii(Window, clock, SETTINGS, library=titta) as source:
        titta.escape = True
        assert not source.calibrate()
        titta.escape = False
        assert source.calibrate()
        assert not Window.window.closed
        pictures = Path(titta.chosen.DATA_STORAGE_PATH)
        assert pictures.is_absolute()
        assert any(pictures.iterdir())
    assert not pictures.exists()
    Window.window.close()
    assert Window.window.closed  # as a window does again


@pytest.mark.parametrize(
    ("tracker", "told"),
    [
        (TrackerSettings(), 'expected the name of the tracker as titta has it, such as device = "'),
        (TrackerSettings(device="Tobii T9000"), "does not open 'Tobii T9000' at 500 samples"),
        (TrackerSettings(device="Tobii Pro Spectrum"), r"Supported: \(60, 120"),
    ],
)
def test_what_the_study_asks_of_the_tracker_and_it_has_not_is_wrong_input(tracker, told):
    clock = VirtualClock()
    opening = tobii.open_tobii(
        Window, clock, Settings(tracker=tracker), library=FakeTitta(clock, supported=(60, 120))
    )
    with pytest.raises(InputError, match=told), opening:
        pass


def test_without_titta_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "titta", None)
    opening = tobii.open_tobii(Window, VirtualClock(), SETTINGS)
    with pytest.raises(InputError, match=r'pip install -e "\.\[tobii\]"'), opening:
        pass
