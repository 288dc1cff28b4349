"""Recordings as converters and editors leave them, each against its true values."""

import math

import numpy as np
import pytest

from analysis.fixations.quality import ShownImage, eye_record, trial_quality
from analysis.fixations.trials import block_eyes, during_image, of_one_eye
from analysis.recordings.asc import parse_asc
from analysis.recordings.reading import read_recording
from analysis.recordings.recording import unsound_samples
from stimuli.support.errors import InputError
from tests.analysis.recordings.cases import case
from tests.analysis.recordings.test_asc import WHOLE


def read(name):
    return read_recording(case(name))


def test_gaze_stands_beside_href_in_columns_of_its_own():
    recording = read("href_events")
    assert recording.fixations[["x_px", "y_px"]].to_numpy().tolist() == [[640, 400], [960, 470]]
    assert recording.fixations["pupil"].tolist() == [900, 900]
    saccade = recording.saccades.iloc[0]
    assert saccade[["x_start_px", "y_start_px", "x_end_px", "y_end_px"]].tolist() == [
        640, 400, 960, 470,
    ]  # fmt: skip
    assert saccade[["amplitude_deg", "peak_velocity_deg_s"]].tolist() == [4.95, 231]


HREF = (
    "START\t1000 \tRIGHT\tSAMPLES\tEVENTS\n"
    "EVENTS\tHREF\tRIGHT\tRATE\t1000.00\n"
    "SAMPLES\tGAZE\tRIGHT\tRATE\t1000.00\n"
    "EFIX R   1000\t1199\t200\t  -1500.0\t  2200.0\t   900\t  45.0\t  45.0\n"
    "END\t1600 \tSAMPLES\tEVENTS\tRES\t  45.00\t  45.00\n"
)


@pytest.mark.parametrize("kind", ["HREF", "PUPIL"])
def test_other_coordinates_never_become_pixels(kind):
    events = HREF.replace("HREF", kind)
    with pytest.raises(InputError, match=f"events are in {kind} coordinates.*expected GAZE"):
        parse_asc(events.encode())
    # With samples in gaze beside them, fixations can be found there.
    with_samples = events.replace("END", "1000\t  960.0\t  540.0\t  900.0\t...\nEND")
    recording = parse_asc(with_samples.encode())
    assert recording.fixations[["x_px", "y_px"]].isna().all(axis=None)
    assert recording.warnings == {f"fixations in {kind} coordinates, read without a place": 1}
    assert recording.samples()["x_right_px"].tolist() == [960]
    # Samples of that kind are refused.
    recording = parse_asc(with_samples.replace("SAMPLES\tGAZE", f"SAMPLES\t{kind}").encode())
    with pytest.raises(InputError, match=f"block 1 are in {kind} coordinates.*edf2asc"):
        recording.samples()


def test_the_coordinates_of_one_block_are_not_those_of_the_next():
    gaze = HREF.replace("HREF", "GAZE").replace("-1500.0", "640.0").replace("2200.0", "400.0")
    samples = "1000\t  960.0\t  540.0\t  900.0\t...\nEND"
    recording = parse_asc((HREF.replace("END", samples) + gaze).encode())
    assert recording.fixations["x_px"].fillna(-1).tolist() == [-1, 640]


def test_samples_at_2000_hz_lie_half_a_millisecond_apart():
    samples = read("2khz_duplicates").samples()
    assert samples["time_ms"].head(4).tolist() == [1000, 1000.5, 1001, 1001.5]
    assert np.diff(samples["time_ms"]).max() == 0.5


def test_what_the_tracker_lost_is_counted_with_its_trial():
    assert read("lost_messages").warnings == {"ERROR MESSAGES LOST": 2, "ERROR COMMANDS LOST": 1}
    text = case("lost_messages").read_text()
    lost = "MSG\t1510 ERROR MESSAGES LOST 2\n"
    for before, said in (
        ("MSG\t1505 TRIALID 4\n", "ERROR MESSAGES LOST in trial 4"),
        ("MSG\t1505 TRIALID 4\nMSG\t1506 TRIAL_RESULT 0\n", "ERROR MESSAGES LOST after trial 4"),
    ):
        recording = parse_asc(text.replace(lost, before + lost).encode())
        assert recording.warnings[said] == 2


@pytest.mark.parametrize("name", ["decimal_comma", "utf16", "crlf_doseof"])
def test_encodings_and_decimal_commas_make_no_difference(name):
    recording = read(name)
    assert not recording.warnings
    assert recording.fixations["x_px"].tolist() == [960, 1200]
    assert recording.samples()["x_right_px"].tolist() == [960] * 25
    assert recording.saccades["x_end_px"].tolist() == [1200]


@pytest.mark.parametrize(
    "changed",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.decode().encode("utf-16-be"),
        lambda content: content.decode().encode("utf-16-le"),
        lambda content: content.replace(b"\t", b" "),
        lambda content: content.replace(b"\n", b"\n  "),
        lambda content: content.rstrip(b"\n"),
    ],
    ids=["BOM", "UTF-16 BE", "UTF-16 LE", "spaces", "indented", "no final newline"],
)
def test_what_an_editor_does_makes_no_difference(changed):
    whole, other = parse_asc(WHOLE.encode()), parse_asc(changed(WHOLE.encode()))
    assert not other.warnings
    for name in ("fixations", "saccades", "blinks", "messages", "blocks"):
        assert getattr(other, name).equals(getattr(whole, name)), name
    assert other.samples().equals(whole.samples())


def test_samples_alone_are_read_and_their_eye_is_said_to_be_unknown():
    recording = read("bare_samples")
    assert recording.samples()["x_left_px"].tolist() == [960] * 50
    assert recording.blocks[["start_ms", "end_ms", "eyes"]].iloc[0].tolist() == [1000, 1049, "L"]
    assert recording.blocks["sample_rate_hz"].item() == 1000
    assert list(recording.warnings) == ["samples alone, without a START line that names their eye"]
    both = "".join(f"{t}\t1.0\t2.0\t900.0\t3.0\t4.0\t901.0\t.....\n" for t in (10, 10, 11, 11))
    recording = parse_asc(both.encode())
    assert recording.samples()["y_right_px"].tolist() == [4] * 4
    assert recording.samples()["time_ms"].tolist() == [10, 10.5, 11, 11.5]


def test_a_table_of_numbers_is_no_recording():
    with pytest.raises(InputError, match="no EyeLink event"):
        parse_asc(b"1\t2\t3\n2\t3\t4\n")


@pytest.mark.parametrize("word", ["-9999", "-9999.0", "0", "NaN", "LOST"])
def test_the_word_for_a_missing_value_is_no_position(word):
    content = case("miss_string").read_text().replace("-9999", word)
    content = content.replace("END", (
        f"ESACC R  1200\t1220\t21\t  960.0\t  540.0\t  {word}\t  {word}\t   2.00\t    150\nEND"
    ))  # fmt: skip
    recording = parse_asc(content.encode())
    samples = recording.samples()
    assert samples["x_right_px"].fillna(-1).tolist() == [960, -1]
    assert samples["y_right_px"].fillna(-1).tolist() == [540, -1]
    assert samples.attrs["unsound"] == 0
    assert recording.fixations[["x_px", "y_px"]].isna().all(axis=None)
    assert recording.fixations["start_ms"].tolist() == [1002]
    assert recording.saccades[["x_end_px", "y_end_px"]].isna().all(axis=None)
    assert recording.saccades["x_start_px"].tolist() == [960]
    assert not recording.warnings


def test_gaze_on_the_diagonal_is_not_missing():
    content = case("miss_string").read_text()
    content = (
        content.replace("-9999", "540")
        .replace("    0.0", "  800.0")
        .replace("     0\n", "   800\n")
    )
    recording = parse_asc(content.encode())
    assert recording.fixations[["x_px", "y_px"]].iloc[0].tolist() == [540, 540]
    assert recording.samples()["x_right_px"].tolist() == [960, 540]


def test_samples_that_cannot_be_read_are_shown():
    content = case("miss_string").read_text()
    content = content.replace("1001\t  -9999\t  -9999", "1001\t  9x6.0\t  540.0")
    samples = parse_asc(content.encode()).samples()
    ((what, number),) = unsound_samples(samples).items()
    assert number == 1
    assert what.startswith("sample lines that cannot be read, such as '1001\\t  9x6.0")


def test_a_validation_that_was_broken_off_is_there_and_a_calibration_ends_the_one_before():
    recording = read("aborted_validation")
    assert recording.validations["result"].tolist() == ["GOOD", "ABORTED"]
    assert recording.validations["eye"].tolist() == ["R", "R"]
    assert math.isnan(quality_at(recording, 1100).validation_deg)
    # Without the new calibration the validation holds on, whatever was broken off after it.
    text = case("aborted_validation").read_text()
    kept = parse_asc(text.replace("!CAL CALIBRATION HV9 R RIGHT   GOOD", "nothing").encode())
    assert quality_at(kept, 1100).validation_deg == 0.30


def quality_at(recording, onset_ms):
    fixations = of_one_eye(
        recording.fixations, block_eyes(recording.fixations, recording.blocks, "right")
    )
    own, numbers = during_image(fixations, onset_ms, 300)
    shown = ShownImage(onset_ms, 300, 0.0, fixations.of(own), numbers, np.zeros((len(own), 2)))
    return trial_quality(shown, eye_record(recording, "R"), None, np.ones(2))
