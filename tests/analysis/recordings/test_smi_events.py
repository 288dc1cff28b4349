"""Events alone of SMI's programs, of BeGaze with commas and of the IDF Event Detector with tabs."""

import re

import pandas as pd
import pytest

from analysis import collect_fixations
from analysis.recordings.reading import read_recording
from stimuli.support.errors import InputError

TEXT = """\
[BeGaze]
Version:\tBeGaze 3.5
Sample Rate:\t120

Table Header for Fixations:
Event Type,Trial,Number,Start,End,Duration,Location X,Location Y,Dispersion X,Image,Avg. Pupil Size X

Table Header for Saccades:
Event Type,Trial,Number,Start,End,Duration,Start Loc.X,Start Loc.Y,End Loc.X,End Loc.Y,Amplitude,Peak Speed

Table Header for Blinks:
Event Type,Trial,Number,Start,End,Duration

Table Header for User Events:
Event Type,Trial,Number,Start,Description

UserEvent,1,1,1000000,# Message: beach.jpg
Fixation L,1,1,1100000,1350000,250000,400.25,300.75,20,beach.jpg,15.2
Fixation R,1,1,1100000,1350000,250000,410.25,300.75,20,beach.jpg,15.4
Saccade L,1,1,1350000,1400000,50000,400.00,300.00,800.00,500.00,11.20,420.50
UserEvent,1,2,1390000,# Message: answer, left
Blink L,1,1,1500000,1620000,120000
Fixation L,1,2,1650000,1900000,250000,-,-,20,beach.jpg,15.2
Fixation L,1,3,1900000,soon,250000,1.0,2.0,20,beach.jpg,15.2
UserEvent,1,3,2000000,# Message: town.jpg
Fixation L,1,4,2100000,2400000,300000,900.50,600.50,20,town.jpg,14.9
"""  # noqa: E501


@pytest.mark.parametrize("separator", [",", "\t"], ids=["BeGaze", "IDF"])
def test_events_and_messages_are_those_of_the_lines(tmp_path, separator):
    path = tmp_path / "events.txt"
    path.write_text(TEXT.replace(",", separator).replace(f"answer{separator}", "answer,"))
    recording = read_recording(path, screen_px=(1680, 1050))
    fixations = recording.fixations
    assert fixations["eye"].tolist() == ["L", "R", "L", "L"]
    assert fixations["start_ms"].tolist() == [1100, 1100, 1650, 2100]
    assert fixations["end_ms"].tolist() == [1350, 1350, 1900, 2400]
    assert fixations["duration_ms"].tolist() == [250, 250, 250, 300]
    assert fixations["x_px"].fillna(-1).tolist() == [400.25, 410.25, -1, 900.5]
    assert fixations["pupil"].tolist() == [15.2, 15.4, 15.2, 14.9]
    saccade = recording.saccades.iloc[0]
    assert saccade[["x_start_px", "y_end_px", "amplitude_deg"]].tolist() == [400, 500, 11.2]
    assert recording.blinks["duration_ms"].tolist() == [120]
    assert "answer, left" in recording.messages["text"].tolist()
    assert recording.blocks["sample_rate_hz"].item() == 120
    assert recording.display_px == (0, 0, 1679, 1049)
    assert recording.warnings == {"Fixation lines that cannot be read": 1}
    assert recording.samples().empty


@pytest.mark.parametrize("told", [True, False], ids=["by message", "by column"])
def test_fixations_on_pictures_come_from_events_alone(tmp_path, told):
    lines = [line for line in TEXT.splitlines() if told or "Message" not in line]
    (tmp_path / "events.txt").write_text("\n".join(lines))
    (tmp_path / "images.csv").write_text("image\nbeach.jpg\ntown.jpg\n")
    out = tmp_path / "fixations.csv"
    arguments = [str(tmp_path / "events.txt"), "--images", str(tmp_path / "images.csv"),
                 "--placement", "0,0,1680,1050", "--out", str(out)]  # fmt: skip
    assert collect_fixations.main(arguments) == 0
    found = pd.read_csv(out)
    assert found["image"].tolist() == ["beach.jpg", "town.jpg"]
    assert found["x_px"].tolist() == [400.75, 901.0]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("Location X", "Place X", "lines of Fixation have no column 'Location X'"),
        ("000,", ",", "fixations last 0.25 ms"),
        (r"\n(Fixation|Saccade|Blink) .*", "", "holds no fixation"),
    ],
)
def test_events_that_lack_something_are_refused(tmp_path, was, becomes, says):
    path = tmp_path / "events.txt"
    path.write_text(re.sub(was, becomes, TEXT))
    with pytest.raises(InputError, match=says):
        read_recording(path)
