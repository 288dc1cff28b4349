"""A whole session before a fake EyeLink, its transcript, and every fault that can be scripted."""

import json
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from experiment import run
from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.laboratory.simulation import SimulatedOperator
from experiment.observer.eye import Eye
from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision
from experiment.protocols.tracker import InterestArea
from experiment.subjects import recording
from experiment.trackers.data_viewer import area_message
from experiment.trackers.eyelink_commands import setup_commands, software_version
from experiment.trackers.eyelink_link import open_eyelink
from stimuli.contract.polygons import signed_area
from stimuli.contract.schemas import EVENTS
from stimuli.contract.settings import Settings, TrackerSettings
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table
from tests.experiment.trackers.fake_pylink import FakeHost, FakePylink

GOLDEN = Path(__file__).parents[1] / "golden_transcript.txt"
EDF = "sourcedata/sub-07/s07r1.edf"
EVENTS_TSV = "sub-07/beh/sub-07_task-freeview_run-{}_events.tsv"
JOURNAL = "sourcedata/sub-07/sub-07_task-freeview_run-{}_journal.jsonl"


class ScriptedOperator(SimulatedOperator):
    """Answers what the script says, then what goes on; remembers what it was told."""

    def __init__(self, clock, answers=()):
        super().__init__(clock)
        self.answers, self.told, self.questions = dict(answers), [], []

    def ask(self, question, choices, *, otherwise):
        self.questions.append(question)
        for part, decisions in self.answers.items():
            if part in question and decisions:
                self._clock.wait(1.0)
                return decisions.pop(0)
        return super().ask(question, choices, otherwise=otherwise)

    def tell(self, text):
        self.told.append(text)


@pytest.fixture
def make_study(make_study):
    """Studies whose images are shown for a second."""

    def make(*, settings="[session]\nimage_s = 1.0", **choices):
        return make_study(settings=settings, **choices)

    return make


@pytest.fixture
def session(monkeypatch, tmp_path):
    """Return a function that runs a session before a fake host, and what it left."""
    host = FakeHost(tmp_path / "host-disk")

    def start(study, *options, goal=lambda scene: np.zeros(2), answers=(), **faults):
        made = {}

        def lab(mode, files, stimuli, **screen):
            settings = files.study.settings
            clock = VirtualClock()
            eye = Eye(goal, settings.observer, np.random.default_rng(1))
            display = VirtualDisplay(clock, settings.screen.refresh_hz, seen=eye.see)
            operator = ScriptedOperator(clock, answers)
            fake = FakePylink(clock, eye, settings, host, **faults)
            made.update(fake=fake, operator=operator, host=host)

            class Opened:
                def __enter__(self):
                    self.tracker = open_eyelink(
                        display, clock, settings, read_keys=list, tell=operator.tell, pylink=fake
                    )
                    return Lab(
                        clock, display, self.tracker.__enter__(), operator, mode.participant_kind
                    )

                def __exit__(self, *error):
                    return self.tracker.__exit__(*error)

            return Opened()

        monkeypatch.setattr(recording, "open_lab", lab)
        monkeypatch.setattr(recording, "raised_priority", lambda: nullcontext("as it was"))
        command = ["--study", str(study), "--subject", "07", "--no-report", *options]
        made["status"] = run.main(command)
        return made

    return start


def rows(study, number=1):
    return read_table(study / EVENTS_TSV.format(number), EVENTS)


def journal(study, number=1):
    return [json.loads(line) for line in (study / JOURNAL.format(number)).read_text().splitlines()]


def test_the_transcript_of_a_session_is_the_golden_one(make_study, session):
    study = make_study(
        sources=1, settings="[session]\nimage_s = 0.1\n[observer]\nblink_rate_hz = 0"
    )
    made = session(study)
    text = "\n".join(made["fake"].transcript) + "\n"
    text = re.sub(r"(OFFSET_MS) [0-9.]+", r"\1 #", text)
    assert text == GOLDEN.read_text()


def test_the_file_is_opened_before_calibration_and_closed_before_it_is_fetched(make_study, session):
    said = session(make_study(sources=1))["fake"].transcript
    assert said.index("close    data file") < said.index("open     data file")
    said = said[said.index("open     data file") :]
    order = [
        said.index(text)
        for text in ("open     data file", "command  calibration_type = HV9",
                     "message  DISPLAY_COORDS 0 0 1919 1079", "setup", "message  TRIALID 1",
                     "start    recording", "close    data file", "receive  data file", "close")
    ]  # fmt: skip
    assert order == sorted(order)
    assert order[-1] == len(said) - 1


def test_the_whole_session_is_recorded_and_fetched(make_study, session):
    study = make_study()
    made = session(study)
    assert made["status"] == 0
    assert [row["status"] for row in rows(study)] == ["complete"] * 12
    text = (study / EDF).read_text()
    assert text.count("TRIAL_RESULT 0") == 12
    assert text.count("!CAL CALIBRATION") == 3
    assert text.count("!CAL VALIDATION") == 6  # at the end of each block another
    first_ms = float(next(line for line in text.splitlines() if line[:1].isdigit()).split()[0])
    told = [line.split() for line in text.splitlines() if "SYNCTIME" in line]
    onsets_s = [(int(at) - int(late) - first_ms) / 1000 for _, at, late, _ in told]
    assert [row["onset"] for row in rows(study)] == pytest.approx(onsets_s, abs=0.002)
    areas = re.findall(r"!V IAREA FREEHAND 1 (.*) target-", text)
    # The mask spans columns 16 to 47 and rows 8 to 23 of an image of 64 in the screen's centre;
    # the tracker's 944 is the centre of the screen's column 944, whose left edge rounds to it.
    assert set(areas) == {"944,516 976,516 976,532 944,532"}


def test_every_parser_setting_is_sent_with_the_papers_value():
    said = dict(
        re.match(r"(\w+)(?: = | )(.*)", one).groups() for one in setup_commands(Settings(), 5.15)
    )
    expected = {
        "screen_pixel_coords": "0 0 1919 1079", "screen_phys_coords": "-260.5 146.5 260.5 -146.5",
        "screen_distance": "618 618", "sample_rate": "500", "active_eye": "LEFT",
        "calibration_area_proportion": "0.88 0.83", "validation_area_proportion": "0.88 0.83",
        "calibration_corner_scaling": "1.0", "validation_corner_scaling": "1.0",
        "driftcorrect_cr_disable": "AUTO", "recording_parse_type": "GAZE",
        "saccade_velocity_threshold": "30",
        "saccade_acceleration_threshold": "8000", "saccade_motion_threshold": "0.15",
        "saccade_pursuit_fixup": "60", "fixation_update_interval": "0", "calibration_type": "HV9",
    }  # fmt: skip
    assert {name: said[name] for name in expected} == expected
    assert said["file_sample_data"].endswith("HTARGET")
    assert {"RAW", "BUTTON"} < set(said["file_sample_data"].split(","))
    other = setup_commands(Settings(tracker=TrackerSettings(sample_rate_hz=1000, eye="right")), 3.4)
    assert "sample_rate 1000" in other
    assert "active_eye = RIGHT" in other
    assert not [one for one in other if "HTARGET" in one]


@pytest.mark.parametrize(
    ("text", "version"), [("EYELINK CL 5.15", 5.15), ("EYELINK II 2.31", 2.31), ("", 0.0)]
)
def test_the_software_version_is_read(text, version):
    assert software_version(text) == version


def test_no_tracker_is_wrong_input_and_nothing_is_written(make_study, session):
    study = make_study()
    with pytest.raises(InputError, match=r"no EyeLink at '100\.1\.1\.1'"):
        session(study, no_tracker=True)
    assert not (study / "sourcedata").exists()


def test_a_host_that_refuses_the_file_is_asked_with_another_name(make_study, session):
    study = make_study(sources=1)
    made = session(study, open_refused=2)
    assert made["status"] == 0
    assert any("disk full" in text for text in made["operator"].told)
    assert len(rows(study)) == 3


def test_a_host_that_is_full_ends_the_session_before_it_begins(make_study, session, capsys):
    study = make_study(sources=1)
    assert session(study, open_refused=9)["status"] == 1
    assert "disk full" in capsys.readouterr().err
    assert journal(study)[-1]["kind"] == "session-interrupted"
    assert session(study, "--resume")["status"] == 0
    assert len(rows(study, 2)) == 3


@pytest.mark.parametrize("times", [1, 2])
def test_a_recording_that_refuses_to_start_is_tried_again(make_study, session, times):
    study = make_study(sources=1)
    made = session(study, start_refused=times)
    assert [row["status"] for row in rows(study)] == ["complete"] * 3
    assert sum("does not start to record" in text for text in made["operator"].told) == times


@pytest.mark.parametrize("fault", ["start_refused", "no_first_sample"])
def test_a_recording_that_does_not_start_at_all_is_the_operators_to_decide(
    make_study, session, fault
):
    study = make_study(sources=1)
    made = session(study, **{fault: 4 if fault == "start_refused" else 1})
    assert any("is run again" in question for question in made["operator"].questions)
    assert [row["status"] for row in rows(study)] == ["complete"] * 3


def test_a_trial_that_cannot_be_run_can_be_skipped(make_study, session):
    study = make_study(sources=1)
    session(study, answers={"is run again": [Decision.SKIP]}, start_refused=3)
    assert [row["status"] for row in rows(study)] == ["skipped", "complete", "complete"]


def test_a_link_that_drops_ends_the_session_and_nothing_is_lost(make_study, session, capsys):
    study = make_study(sources=2)
    # Each trial has 37 checks or more before its image, and 120 while it is shown.
    assert session(study, link_drops_at=420)["status"] == 1
    assert "--resume" in capsys.readouterr().err
    before = [row["status"] for row in rows(study)]
    assert before == ["complete", "complete", "interrupted"]
    assert not (study / EDF).exists()
    assert session(study, "--resume")["status"] == 0
    assert (study / EDF).read_text().count("TRIAL_RESULT 0") == 2
    assert [row["trial"] for row in rows(study) + rows(study, 2)] == list(range(1, 7))


def test_a_recording_that_ends_on_the_host_marks_its_trial_and_goes_on(make_study, session):
    study = make_study(sources=2)
    # What the host's abort menu and a recording that is no more return, each within another image.
    made = session(study, recording_ends_at={90: 1, 180: 2, 270: 3, 360: -1})
    assert made["status"] == 0
    assert [row["status"] for row in rows(study)] == [*["interrupted"] * 4, *["complete"] * 2]
    asked = [one for one in made["operator"].questions if "was broken off" in one]
    told = ["to repeat the trial", "to skip the trial", "to end the session", "left the recording"]
    assert [part in question for part, question in zip(told, asked, strict=True)] == [True] * 4
    assert (study / EDF).read_text().count("TRIAL_RESULT -1") == 4


def test_a_setup_that_the_host_does_not_carry_out_is_asked_about(make_study, session):
    study = make_study(sources=1)
    made = session(study, answers={"No reply": [Decision.RECALIBRATE]}, setup_raises=1)
    assert made["status"] == 0
    assert any(
        "No reply from the tracker; no validation" in one for one in made["operator"].questions
    )
    faults = [line["fault"] for line in journal(study) if line["kind"] == "tracker-fault"]
    assert faults == ["No reply from the tracker"]


def test_settings_that_the_host_does_not_take_and_a_file_that_it_does_not_close_are_told(
    make_study, session
):
    study = make_study(sources=1)
    told = session(study, refuses=["sample_rate"], close_refused=1)["operator"].told
    assert any("'sample_rate 500' (code 1, Illegal value); set it" in text for text in told)
    assert any("did not close" in text and "Write error" in text for text in told)
    assert (study / EDF).is_file()


def test_a_host_that_falls_silent_is_noticed_within_a_second_or_so(make_study, session):
    study = make_study(sources=1, settings="[session]\nimage_s = 3.0")
    made = session(study, answers={"no sample": [Decision.ABORT]}, silent_from=60)
    assert made["status"] == 130
    (row,) = rows(study)
    assert row["status"] == "interrupted"
    assert row["duration"] < 1.5


@pytest.mark.parametrize("fault", ["samples_none", "eye_lost"])
def test_an_eye_that_is_never_seen_does_not_trap_anybody(make_study, session, fault):
    study = make_study(sources=1)
    if fault == "samples_none":  # no sample at all: the link is silent
        made = session(study, answers={"no sample": [Decision.ABORT]}, samples_none=True)
        assert made["status"] == 130
        return
    made = session(study, eye_lost=True)
    assert [row["status"] for row in rows(study)] == ["complete"] * 3
    assert any("eye was lost in" in text for text in made["operator"].told)
    assert any("eye lost in 120 of 120 frames" in text for text in made["operator"].told)


def test_a_poor_validation_asks_for_another_calibration(make_study, session):
    study = make_study(sources=1)
    made = session(
        study, answers={"the limits are 0.5": [Decision.RECALIBRATE]}, validation_deg=[1.8]
    )
    assert made["fake"].transcript.count("setup") == 4 + 3
    found = [line for line in journal(study) if line["kind"] == "calibrated"]
    assert found[0]["validation_error_deg"] == 1.8
    assert found[1]["validation_error_deg"] <= 0.5


def test_a_poor_validation_that_is_taken_as_it_is_is_said_and_recorded(make_study, session):
    study = make_study(sources=1)
    made = session(study, validation_deg=[0.4, 0.4, 1.8])
    assert "accepted as it is: validation error 1.80 deg mean, 3.60 deg maximum" in (
        made["operator"].told
    )
    assert "CALIBRATION_ACCEPTED 1.80 deg mean, 3.60 deg maximum" in (study / EDF).read_text()
    decisions = [line["decision"] for line in journal(study) if line["kind"] == "operator"]
    assert decisions == ["accept"]


def test_leaving_the_setup_without_a_validation_is_noticed(make_study, session):
    study = make_study(sources=1)
    made = session(study, escape_in_setup=1)
    assert any("no validation" in question for question in made["operator"].questions)


def test_a_setup_left_without_a_target_is_not_taken_for_the_validation_before(make_study, session):
    study = make_study(sources=1)
    script = {"validation error 0.90": [Decision.RECALIBRATE]}
    made = session(study, answers=script, validation_deg=[0.9], leaves_setups=[2])
    assert made["operator"].questions[3].startswith("no validation")
    errors = [
        line["validation_error_deg"] for line in journal(study) if line["kind"] == "calibrated"
    ]
    assert errors[:2] == [0.9, None]


def test_drift_checks_that_fail_do_not_stop_the_trial(make_study, session):
    study = make_study(sources=1)
    session(study, drift_raises=3)
    checks = [line["offset_deg"] for line in journal(study) if line["kind"] == "drift-check"]
    assert checks[0] is None
    assert all(offset is not None for offset in checks[1:])


@pytest.mark.parametrize("fault", ["transfer_fails", "transfer_empty"])
def test_a_transfer_is_tried_again(make_study, session, fault):
    study = make_study(sources=1)
    made = session(study, **{fault: 2})
    assert made["status"] == 0
    assert (study / EDF).read_text().count("TRIAL_RESULT 0") == 3
    assert sum("does not come" in text for text in made["operator"].told) == 2


@pytest.mark.parametrize("fault", ["transfer_fails", "transfer_empty"])
def test_a_transfer_that_fails_for_good_is_made_up_by_resuming(make_study, session, fault, capsys):
    study = make_study(sources=1)
    assert session(study, **{fault: 9})["status"] == 1
    assert "copy it by hand" in capsys.readouterr().err
    assert len(rows(study)) == 3
    assert not (study / EDF).exists()
    assert session(study, "--resume")["status"] == 0
    assert (study / EDF).read_text().count("TRIAL_RESULT 0") == 3
    assert not (study / JOURNAL.format(2)).exists()
    with pytest.raises(InputError, match="complete"):
        session(study, "--resume")


def test_pause_recalibration_skip_and_abort_do_what_they_say(make_study, session):
    study = make_study(sources=4)
    wishes = [Decision.PAUSE, Decision.RECALIBRATE, Decision.SKIP, Decision.ABORT]
    made = session(
        study, goal=lambda scene: np.array([8.0, 5.0]), answers={"gaze was not on": wishes}
    )
    assert made["status"] == 130
    assert [row["status"] for row in rows(study)] == ["skipped"]
    kinds = [line["kind"] for line in journal(study)]
    assert kinds.index("paused") < kinds.index("went-on")
    statuses = [line["status"] for line in journal(study) if line["kind"] == "trial-ended"]
    assert statuses == ["withdrawn", "withdrawn", "skipped", "withdrawn"]
    assert made["fake"].transcript.count("setup") == 2
    session(study, "--resume")
    assert [row["trial"] for row in rows(study) + rows(study, 2)] == list(range(1, 13))


def test_the_host_is_told_of_the_trial_and_shown_its_outlines(make_study, session):
    study = make_study(sources=1, settings='[tracker]\nbackdrop = "boxes"')
    said = session(study)["fake"].transcript
    assert "command  draw_box 928 508 991 571 15" in said
    assert "command  draw_line 944 516 976 516 10" in said
    assert "command  draw_line 944 532 944 516 10" in said
    assert any("record_status_message 'trial 1 photo01-" in text for text in said)


def test_the_image_itself_is_the_hosts_backdrop_where_the_study_says_so(make_study, session):
    study = make_study(sources=1, settings='[tracker]\nbackdrop = "image"')
    said = session(study)["fake"].transcript
    assert "backdrop photo01-original.png 0 0 64 64 928 508" in said


def test_what_a_crash_left_on_the_host_is_ended_before_the_file_is_fetched(make_study, session):
    study = make_study(sources=2)
    made = session(study, link_drops_at=420)
    host = made["host"]
    # Nobody told the host: it records on into the same file.
    assert (host.mode, host.open_file is not None) == ("record", True)
    made = session(study, "--resume")
    assert made["status"] == 0
    assert not any("does not come" in text for text in made["operator"].told)
    assert (study / EDF).read_text().count("TRIAL_RESULT 0") == 2
    said = made["fake"].transcript
    assert said.index("close    data file") < said.index("receive  data file")


def test_a_rate_that_no_eyelink_has_is_refused_before_anything_is_written(make_study, session):
    study = make_study(settings="[tracker]\nsample_rate_hz = 300")
    with pytest.raises(InputError, match=r"sample_rate_hz is 300; expected one of 250, 500"):
        session(study)
    assert not (study / "sourcedata").exists()


def test_an_outline_of_many_corners_keeps_to_one_message_and_to_the_object():
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    corners = 960 + 200 * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    area = InterestArea("target-123456", tuple(map(tuple, corners)))
    message = area_message(12, area)
    assert len(message) < 120
    points = re.findall(r"(\d+),(\d+)", message)
    kept = np.array(points, dtype=float)
    assert len(kept) >= 8
    assert signed_area(kept) > 0.88 * np.pi * 200**2  # a rectangle around it has 1.27 times as much
