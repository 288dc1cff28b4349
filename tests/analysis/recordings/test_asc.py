"""EyeLink ASC files: every event of real ones, and what is sound of broken ones."""

import gzip
import re
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.recordings.asc import parse_asc, read_asc
from stimuli.support.errors import InputError
from tests.analysis.recordings.fuzz import check_sound
from tests.data import DATA, with_data

WHOLE = (
    "** CONVERTED FROM made-up\n"
    "MSG\t990 DISPLAY_COORDS 0 0 1919 1079\n"
    "START\t1000 \tLEFT\tRIGHT\tSAMPLES\tEVENTS\n"
    "SFIX L   1000\n"
    "1000\t  960.0\t  540.0\t  900.0\t...\n"
    "EFIX L   1000\t1198\t200\t  960.5\t  540.1\t    900\n"
    "SSACC L  1200\n"
    "SBLINK L 1204\n"
    "EBLINK L 1204\t1250\t48\n"
    "ESACC L  1200\t1260\t62\t  960.0\t  540.0\t  700.0\t  500.0\t   7.01\t    300\n"
    "MSG\t1300 a message of caf\N{LATIN SMALL LETTER E WITH ACUTE}\n"
    "EFIX R   1262\t1400\t140\t  701.0\t  499.0\t    880\n"
    "END\t1500 \tSAMPLES\tEVENTS\tRES\t  38.00\t  38.00\n"
)


@with_data("eyelink")
@pytest.mark.parametrize(
    "name",
    [
        "cran_eyelinker_bino500.asc.gz", "cran_eyelinker_mono1000.asc.gz",
        "cran_eyelinker_mono500.asc.gz", "cran_eyelinker_monoRemote500.asc.gz",
        "eyelinkparser_data1.asc", "pymovements_eyelink_binocular_example.asc",
        "pymovements_eyelink_monocular_example.asc", "pypillometry_rlmw_events.asc",
    ],
)  # fmt: skip
def test_counts_are_those_of_the_lines_of_a_real_recording(name):
    path = DATA / "eyelink" / name
    content = path.read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    recording = read_asc(path)
    found = [recording.fixations, recording.saccades, recording.blinks, recording.messages]
    words = (b"EFIX", b"ESACC", b"EBLINK", b"MSG")
    lines = [len(re.findall(rb"(?m)^" + word + rb"\b", content)) for word in words]
    assert [len(table) for table in found] == lines


@with_data("eyelink")
def test_values_of_a_real_fixation_are_the_parsers_own():
    fixation = read_asc(DATA / "eyelink" / "cran_eyelinker_mono500.asc.gz").fixations.iloc[0]
    assert list(fixation) == [1, "L", 7197124 - 400, 7197122, 400, 515.1, 396.3, 1050]


@with_data("eyelink")
def test_a_start_that_the_tracker_lost_is_missing_not_huge():
    recording = read_asc(DATA / "eyelink" / "pypillometry_rlmw_events.asc")
    assert recording.saccades["start_ms"].isna().sum() == 1
    assert recording.warnings["saccades without a sound start"] == 1
    assert recording.warnings["recording blocks without an end"] == 1


def test_a_recording_of_sixty_thousand_lines_is_read_in_a_blink():
    samples = "".join(f"{t}\t  960.0\t  540.0\t  900.0\t...\n" for t in range(1000, 61000))
    content = WHOLE.replace("SSACC", samples + "SSACC").encode()
    started = time.process_time()
    parse_asc(content)
    assert time.process_time() - started < 0.3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_line_ends_and_encodings_make_no_difference(end, encoding):
    recording = parse_asc(WHOLE.replace("\n", end).encode(encoding))
    assert recording.messages["text"].iloc[-1] == "a message of caf\u00e9"
    assert list(recording.fixations["eye"]) == ["L", "R"]
    assert list(recording.blinks.iloc[0]) == [1, "L", 1204, 1250, 48]
    assert recording.saccades["amplitude_deg"].item() == 7.01
    assert recording.blocks.iloc[0].tolist()[:4] == [1, 1000, 1500, "LR"]
    assert not recording.warnings


def test_a_cut_last_line_is_counted_and_not_used():
    cut = WHOLE[: WHOLE.index("540.1") + 3]
    recording = parse_asc(cut.encode())
    assert recording.fixations.empty
    assert recording.warnings == {
        "last line cut": 1, "fixations begun but not ended": 1,
        "recording blocks without an end": 1,
    }  # fmt: skip


def test_a_cut_gzip_file_gives_what_came_before_the_cut():
    packed = gzip.compress((WHOLE * 400).encode())
    recording = parse_asc(packed[: len(packed) // 2])
    assert recording.warnings["gzip file cut"] == 1
    assert 0 < len(recording.blinks) < 400


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no EyeLink event"),
        (b"onset\tduration\n1\t2\n", "no EyeLink event.*begins with 'onset.tduration'.*time_ms"),
        # Another tracker's numbers without a header, of which the second counts the samples.
        (b"".join(b"%d\t%d%s\n" % (20 * n, n, b"\t0.5" * 14) for n in range(9)), "no EyeLink"),
        (b"\x1f\x8bnot gzip at all", "gzip"),
        (gzip.compress(bytes(70_000_000)), "unpacks to more than 67108864 bytes"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_repair(content, says):
    with pytest.raises(InputError, match=says):
        parse_asc(content)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_mutated_recording_gives_sound_events_or_our_own_error(data):
    content = bytearray(WHOLE.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    packed = gzip.compress(bytes(content)) if data.draw(st.booleans()) else bytes(content)
    packed = packed[: data.draw(st.integers(0, len(packed)))]
    try:
        recording = parse_asc(packed)
    except InputError:
        return
    check_sound(recording)


ODD = (
    "** DATE: made up\n"
    "MSG\t900 !CAL CALIBRATION HV9 LR LEFT    GOOD\n"
    "MSG\t910 !CAL VALIDATION HV9 LR LEFT  POOR ERROR 1.41 avg. 2.64 max  "
    "OFFSET 0.35 deg. 12.5,-9.6 pix.\n"
    "MSG\t910 !CAL VALIDATION HV9 LR RIGHT ABORTED\n"
    "MSG\t911 VALIDATE LR 4POINT 3 RIGHT  at 115,540  OFFSET 0.54 deg.  8.5,23.0 pix.\n"
    "MSG\t950 DRIFTCORRECT L LEFT  at 960,540  OFFSET 0.39 deg.  -9.8,9.6 pix.\n"
    "END\t990 \tSAMPLES\tEVENTS\n"  # no start
    "START\t1000 \tLEFT\tRIGHT\tSAMPLES\tEVENTS\n"
    "SAMPLES\tGAZE\tLEFT\tRIGHT\tRATE\t 500.00\tTRACKING\tCR\tFILTER\t2\n"
    "SFIX L   1000\n"
    "1000\t  10.0\t  20.0\t  900.0\t  11.0\t  21.0\t  901.0\t.....\n"
    "SFIX R   1002\n"
    "MSG\t1003 in between\n"
    "1002\t   .\t   .\t    0.0\t  11.5\t  21.5\t  902.0\t.C...\n"
    "EFIX R   1002\t1100\t100\t  11.2\t  21.2\t    901\n"
    "START\t2000 \tRIGHT\tSAMPLES\tEVENTS\n"  # no end before it, and an empty trial
    "END\t2100 \tSAMPLES\tEVENTS\n"
    "EFIX R   2200\t2300\t102\t  11.2\t  21.2\t    901\n"  # between blocks
    "MSG\t2400 !CAL Cal coeff:(X=a+bx+cy+dxx+eyy,Y=f+gx+goaly+ixx+jyy)\n"
    "   116.47  7.3438  137.35 -0.28024 -0.46095 \n"  # no samples
    "      0  116.47\n"
    "START\t3000 \tRIGHT\tSAMPLES\tEVENTS\n"
    "EBLINK R 3900\t4000\t102\n"
    "END\t3500 \tSAMPLES\tEVENTS\n"
)


def test_blocks_eyes_and_what_is_odd_about_them():
    recording = parse_asc(ODD.encode())
    blocks = recording.blocks
    assert blocks["eyes"].tolist() == ["LR", "R", "R"]
    assert blocks["start_ms"].tolist() == [1000, 2000, 3000]
    assert blocks["end_ms"].fillna(-1).tolist() == [-1, 2100, 3500]
    assert blocks["sample_rate_hz"].fillna(-1).tolist() == [500, -1, -1]
    assert recording.fixations["block"].tolist() == [1, 0]
    assert recording.messages["block"].tolist() == [0] * 5 + [1, 0]
    assert recording.warnings == {
        "ends of recording without a start": 1, "fixations begun but not ended": 1,
        "recording blocks without an end": 1, "blinks outside of their recording block": 1,
    }  # fmt: skip


def test_samples_of_both_eyes_by_block():
    samples = parse_asc(ODD.encode()).samples()
    assert samples["block"].tolist() == [1, 1]
    assert samples["x_left_px"].fillna(-1).tolist() == [10, -1]
    assert samples["y_right_px"].tolist() == [21, 21.5]
    assert samples["pupil_right"].tolist() == [901, 902]
    assert samples.attrs["unsound"] == 0


def test_calibrations_validations_and_drift_checks():
    recording = parse_asc(ODD.encode())
    assert recording.calibrations.iloc[0].tolist() == [0, 900, "L", "HV9", "GOOD"]
    left, right = recording.validations.iloc[0], recording.validations.iloc[1]
    assert left.tolist()[2:] == ["L", "HV9", "POOR", 1.41, 2.64, 0.35, 12.5, -9.6]
    assert right["result"] == "ABORTED"
    assert np.isnan(right["error_mean_deg"])
    assert recording.validation_points.iloc[0].tolist()[2:] == ["R", 3, 115, 540, 0.54, 8.5, 23.0]
    assert recording.drift_checks.iloc[0].tolist()[2:] == ["L", 960, 540, 0.39, -9.8, 9.6]
    assert recording.preamble == ("DATE: made up",)


@with_data("eyelink")
def test_the_validations_of_a_real_recording():
    recording = read_asc(DATA / "eyelink" / "pymovements_eyelink_binocular_example.asc")
    assert recording.validations["error_mean_deg"].tolist() == [0.41, 0.31]
    assert len(recording.validation_points) == 18
    assert recording.display_px == (0, 0, 1920, 1080)
