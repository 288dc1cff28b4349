"""Every mode says who takes part, and one of another package is found beside them."""

import re
import threading
import types
from importlib import metadata
from pathlib import Path

import pytest

from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.laboratory.modes import Room, find_mode, modes, using_mode
from experiment.laboratory.simulation import SimulatedOperator
from experiment.protocols.tracker import (
    DriftChecker,
    HostScreen,
    LostRecording,
    TrialNotes,
    Validator,
)
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.errors import InputError

PAGE = Path(__file__).parents[3] / "docs" / "adding-a-tracker.md"


@pytest.fixture
def template():
    """The module that the page on adding a tracker shows."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = types.ModuleType("circle")
    exec(compile(code, str(PAGE), "exec"), vars(module))
    return module


def test_every_mode_says_who_takes_part_and_what_it_means_and_stands_on_the_page():
    kinds = {word: mode.participant_kind for word, mode in modes().items()}
    assert kinds["eyelink"] == kinds["tobii"] == kinds["gazepoint"] == ParticipantKind.HUMAN
    assert kinds["mouse"] == kinds["mouse-gaze"] == ParticipantKind.MOUSE
    assert (kinds["simulate"], kinds["dummy"]) == (ParticipantKind.SIMULATED, ParticipantKind.DUMMY)
    assert all(mode.meaning for mode in modes().values())
    page = PAGE.read_text(encoding="utf-8")
    assert not [word for word in modes() if f"`{word}`" not in page]
    with pytest.raises(InputError, match=r"'tobi'; expected one of .*did you mean 'tobii'"):
        find_mode("tobi")


def test_every_tracker_of_people_is_one_sessions_at_a_time_however_it_is_reached():
    settings = Settings()
    names = {word: mode.tracker_name(settings) for word, mode in modes().items()}
    assert {word for word, name in names.items() if not name} == {
        "simulate", "mouse", "mouse-gaze", "dummy",
    }  # fmt: skip
    assert names["tobii"] == names["tobii-iohub"]
    told = []

    def second():
        try:
            using_mode(find_mode("tobii-iohub"), settings, "checks the lab").__enter__()
        except InputError as error:
            told.append(str(error))

    with using_mode(find_mode("tobii"), settings, "records sub-07"):
        other = threading.Thread(target=second)
        other.start()
        other.join()
    assert "records sub-07 with the tracker tobii since" in told[0]


def test_a_tracker_of_another_package_is_a_mode_and_records(template, monkeypatch, tmp_path):
    entry = types.SimpleNamespace(load=lambda: template.MODE)
    monkeypatch.setattr(metadata, "entry_points", lambda group: [entry])
    modes.cache_clear()
    try:
        mode = find_mode("circle")
    finally:
        monkeypatch.undo()
        modes.cache_clear()
    clock = VirtualClock()
    display = VirtualDisplay(clock, 120.0)
    room = Room(display, clock, SimulatedOperator(clock), Settings(), tmp_path / "host")
    with mode.open_tracker(room) as tracker:
        name = tracker.open("07")
        # The circle never looks at the targets of the validation, but at the centre.
        assert tracker.calibrate().mean_deg == pytest.approx(17.8, abs=0.5)
        tracker.start_recording()
        clock.wait(0.5)
        assert abs(tracker.gaze() - [960, 540]).max() <= 20
        path = tmp_path / "sub-07_task-freeview_run-1_recording-eye1_physio.tsv.gz"
        assert tracker.save(path)
        tracker.forget(name)
        with pytest.raises(LostRecording, match="is no longer there"):
            tracker.recover(name, path)
        assert isinstance(tracker, Validator)
        assert not isinstance(tracker, DriftChecker | HostScreen | TrialNotes)
