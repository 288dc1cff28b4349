"""Exports of Tobii Pro Lab, Gazepoint Analysis and SMI BeGaze: three pictures, looked at as known.

Every maker writes the same gaze: 300 ms on each of three places, in the words of one program, so
that fixations on images come out alike whatever the tracker.
"""

import gzip
import math
import re

import numpy as np
import pandas as pd
import pytest

from analysis import collect_fixations, events
from analysis.fixations.image_fixations import image_fixations
from analysis.fixations.shown_images import ShownImages
from analysis.recordings.reading import read_recording
from stimuli.support.errors import InputError

PLACES = [(400.5, 300.5), (1200.5, 700.5), (800.5, 500.5)]
"""In pixels of a screen of 1920 x 1080 from its edges."""

SCREEN, STEP_MS, EACH = (1920, 1080), 4, 75
LOST = 3
"""The first samples of every place are lost."""


def gaze():
    """Yield time in ms, picture, x, y, whether the eye was found, and first and last of a place."""
    for number, (x, y) in enumerate(PLACES):
        for n in range(EACH):
            yield (number * EACH + n) * STEP_MS, number, x, y, n >= LOST, n in (0, EACH - 1)


def tobii(*, unit="ms", header="", decimal=".", columns="combined", resolution=True):
    """A table of Tobii Pro Lab; positions are whole-pixel centres, half a pixel less."""
    factor = {"ms": 1, "us": 1000}[unit]
    points = ["Gaze point X", "Gaze point Y"]
    if columns == "each":
        points = [f"Gaze point {eye} {axis}" for eye in ("left", "right") for axis in "XY"]
    names = [f"Recording timestamp{header}", "Sensor", "Participant name", "Event", "Event value",
             *points, "Pupil diameter left", "Pupil diameter right", "Validity left",
             "Validity right", "Eye movement type", "Gaze event duration",
             "Eye movement type index", "Fixation point X", "Fixation point Y",
             "Presented Stimulus name"]  # fmt: skip
    names += ["Recording resolution width", "Recording resolution height"] if resolution else []
    rows = []
    for time, picture, x, y, found, edge in gaze():
        name, end = f"pics/{picture}.png", [*map(str, SCREEN)] if resolution else []
        if edge and not found:
            rows.append([str(time * factor), "", "P1", "ImageStimulusStart", name])
        at = [f"{x - 0.5}", f"{y - 0.5}"] * (2 if columns == "each" else 1)
        valid = ["Valid", "Valid"] if found else ["Invalid", "Invalid"]
        # What is not valid may stand there all the same.
        kind = ["Fixation", str((EACH - LOST) * STEP_MS), str(picture + 1), f"{x}", f"{y}"]
        kind = kind if found else ["EyesNotFound", "", "1", "", ""]
        sample = [str(time * factor), "Eye Tracker", "P1", "", "", *at, "3.1", "3.3", *valid]
        rows.append([*sample, *kind, name, *end])
        if edge and found:
            rows.append([str(time * factor), "", "P1", "ImageStimulusEnd", name])
            rows.append([str(time * factor), "Mouse", "P1", "", ""])
    width = len(names)
    lines = ["\t".join([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join(["\t".join(names), *lines]).replace(".", decimal if decimal != "." else ".")


def gazepoint(*, restart=False, alone=False, screen=SCREEN):
    """A table of Gazepoint Analysis, of samples or of fixations alone.

    Between two fixations the number and the duration of the last stay, not valid, while the place
    moves on.
    """
    names = "MEDIA_ID,MEDIA_NAME,CNT,TIME(2024/01/01 10:00:00.000),FPOGX,FPOGY,FPOGS,FPOGD,FPOGID,"
    names += "FPOGV,BPOGX,BPOGY,BPOGV,LPMM,LPMMV,RPMM,RPMMV,USER,"
    lines = [names]
    for time, picture, x, y, found, edge in gaze():
        clock = time - (picture * EACH * STEP_MS if restart else 0)
        begun = picture * (0 if restart else EACH * STEP_MS) + LOST * STEP_MS
        share = f"{x / screen[0]:.6f},{y / screen[1]:.6f}"
        fixation = f"{share},{begun / 1000:.3f},{(clock - begun) / 1000:.3f},{picture + 1}"
        fixation = fixation if found else f"0.1,0.9,0,9.9,{picture}"
        row = f"{picture},{picture}.png,{time // 4},{clock / 1000:.3f},{fixation},{int(found)},"
        row += f"{share},{int(found)},3.1,{int(found)},3.3,{int(found)},{'go' if edge else ''},"
        lines += [row] if not alone or (edge and found) else []
    return "\n".join(lines) + "\n"


def begaze(*, eyes="L", told=True, area=True):
    """A text of BeGaze, in microseconds, lost gaze as zeros."""
    lines = ["## [BeGaze]", "## Sample Rate:\t250", "## [Calibration]"]
    lines += ["## Calibration Area:\t1920\t1080"] if area else []
    lines += ["## Format:\tLEFT, POR, MSG", "##"]
    per_eye = "{0} POR X [px]\t{0} POR Y [px]\t{0} Pupil Diameter [mm]\t{0} Event Info"
    lines.append("\t".join(["Time", "Type", "Trial", *(per_eye.format(one) for one in eyes),
                            "Stimulus"]))  # fmt: skip
    for time, picture, x, y, found, edge in gaze():
        stamp = 1_000_000 + 1000 * time
        if told and edge and not found:
            lines.append(f"{stamp}\tMSG\t1\t# Message: {picture}.png")
        cell = f"{x - 0.5:.2f}\t{y - 0.5:.2f}\t3.1\tFixation" if found else "0.00\t0.00\t0\tBlink"
        lines.append("\t".join([str(stamp), "SMP", "1", *[cell] * len(eyes), f"{picture}.png"]))
    return "\r\n".join(lines) + "\r\n"


def idf_converter():
    """A text of the IDF Converter: an eye that is not seen has the other's gaze, and no events."""
    lines = []
    for line in begaze(eyes="LR", told=True).splitlines():
        cells = line.split("\t")
        if cells[0] == "Time":
            cells[6:7], cells[10:11] = ["L Validity"], ["R Validity"]
        elif len(cells) > 5:
            seen = cells[6] == "Fixation"
            left = ["12.00", "900.00", "0.00", "0"] if not seen else [*cells[3:6], "1"]
            cells[3:11] = [*left, *(["12.00", "900.00", "3.10", "1"] if not seen else left)]
        lines.append("\t".join(cells))
    return "\r\n".join(lines) + "\r\n"


def begaze_raw():
    """BeGaze's "raw data": as its own words have it, of glasses, with an event of the user."""
    lines = ["## [BeGaze]", "RecordingTime [ms],Participant,Stimulus,Category Binocular,"
             "Pupil Diameter Right [mm],Point of Regard Binocular X [px],"
             "Point of Regard Binocular Y [px]"]  # fmt: skip
    for time, picture, x, y, found, edge in gaze():
        start = f"{time + 1000.125:.3f},P01,{picture}.png"
        lines += [f"{start},User Event,-,-,-"] if edge else []
        cell = f"Visual Intake,3.1,{x - 0.5:.2f},{y - 0.5:.2f}" if found else "Blink,0,0,0"
        lines.append(f"{start},{cell}")
    return "\n".join(lines)


STUDIO = {
    "Recording timestamp": "RecordingTimestamp", "Sensor": "Sensed",
    "Participant name": "ParticipantName", "Event value": "StudioEventData",
    "Event": "StudioEvent", "Gaze point X": "GazePointX (ADCSpx)",
    "Gaze point Y": "GazePointY (ADCSpx)", "Pupil diameter left": "PupilLeft",
    "Pupil diameter right": "PupilRight", "Validity left": "ValidityLeft",
    "Validity right": "ValidityRight", "Eye movement type index": "FixationIndex",
    "Eye movement type": "GazeEventType", "Gaze event duration": "GazeEventDuration",
    "Fixation point X": "FixationPointX (MCSpx)", "Fixation point Y": "FixationPointY (MCSpx)",
    "Presented Stimulus name": "MediaName", "Invalid": "4", "Valid": "0",
    "ImageStimulusStart": "ImageStart", "ImageStimulusEnd": "ImageEnd",
}  # fmt: skip


def tobii_studio():
    """The same table in the words of Tobii Studio, with its codes of validity.

    Rows of events repeat the fixation under way, pupils are known in every third sample, and the
    screen is told in one cell.
    """
    text = tobii(resolution=False)
    for name, studio in STUDIO.items():
        text = re.sub(rf"(^|\t){name}(?=\t|$)", rf"\g<1>{studio}", text, flags=re.MULTILINE)
    names, *rows = (line.split("\t") for line in text.splitlines())
    kind, pupil = names.index("GazeEventType"), names.index("PupilLeft")
    lines = ["\t".join([*names, "RecordingResolution", "GazePointIndex", ""])]
    for number, row in enumerate(rows):
        sampled = row[names.index("Sensed")] == "Eye Tracker"
        row[names.index("Sensed")] = ""
        row[kind : kind + 3] = row[kind : kind + 3] if sampled else ["Fixation", "288", "7"]
        row[pupil : pupil + 2] = row[pupil : pupil + 2] if number % 3 else ["-1.00"] * 2
        lines.append("\t".join([*row, "1920 x 1080", str(number) if sampled else "", ""]))
    return "\n".join(lines)


EXPORTS = {
    "Tobii, ms": tobii(),
    "Tobii, microseconds": tobii(unit="us"),
    "Tobii, unit named": tobii(unit="us", header=" [μs]"),
    "Tobii, each eye": tobii(columns="each"),
    "Gazepoint": gazepoint(),
    "Gazepoint, clock anew": gazepoint(restart=True),
    "Tobii, newer": tobii(header=" [ms]").replace(
        "Gaze event duration", "Eye movement event duration [ms]"
    ),
    "Tobii, all in microseconds": tobii(unit="us").replace(
        f"\t{(EACH - LOST) * STEP_MS}\t", f"\t{(EACH - LOST) * STEP_MS * 1000}\t"
    ),
    "Tobii Studio": tobii_studio(),
    "BeGaze": begaze(),
    "BeGaze, eyes together": re.sub("L (POR|Event|Pupil)", r"B \1", begaze()),
    "BeGaze, raw data": begaze_raw(),
    "BeGaze, both eyes": begaze(eyes="LR"),
    "BeGaze, by column": begaze(told=False),
}


@pytest.mark.parametrize(
    ("export", "detector"),
    [*((one, "tracker") for one in EXPORTS),
     *((one, "velocity") for one in ("Tobii, each eye", "Gazepoint", "BeGaze"))],
)  # fmt: skip
def test_fixations_on_images_are_the_same_whatever_the_tracker(tmp_path, export, detector):
    path = tmp_path / "any.name"
    path.write_text(EXPORTS[export], encoding="utf-8")
    (tmp_path / "images.csv").write_text("image\n0\n1\n2\n")
    out = tmp_path / "fixations.csv"
    options = ["--screen", "1920x1080"]
    if detector != "tracker":
        options += ["--detector", detector, "--pixels-per-degree", "40"]
    assert collect_fixations.main(
        [str(path), "--images", str(tmp_path / "images.csv"), "--out", str(out), *options]
    ) == 0  # fmt: skip
    found = pd.read_csv(out, dtype={"image": str})
    assert found["image"].tolist() == [f"{n}" for n in range(3)]
    np.testing.assert_allclose(found[["x_px", "y_px"]], PLACES, atol=0.51)
    np.testing.assert_allclose(found["duration_ms"], (EACH - LOST) * STEP_MS, atol=5 * STEP_MS)
    np.testing.assert_allclose(found["onset_ms"], LOST * STEP_MS, atol=3 * STEP_MS)


@pytest.mark.parametrize("export", EXPORTS)
def test_gaze_that_is_not_valid_is_missing_and_never_a_pixel(tmp_path, export):
    path = tmp_path / "any.name"
    path.write_bytes(gzip.compress(EXPORTS[export].encode("utf-8-sig")))
    recording = read_recording(path, screen_px=SCREEN)
    samples = recording.samples()
    assert len(samples) == EACH * len(PLACES)
    assert (samples["time_ms"].diff().dropna() > 0).all()
    x = samples.filter(regex="^x_")
    lost = np.array([not found for *_, found, _ in gaze()])
    assert x[lost].isna().all(axis=None)
    np.testing.assert_allclose(
        x[~lost].iloc[:, 0], [one[2] - 0.5 for one in gaze() if one[4]], atol=0.01
    )
    assert set(recording.blocks["sample_rate_hz"].round()) == {250}
    assert recording.display_px == (0, 0, 1919, 1079)


def pygaze():
    """What PyGaze writes with a Tobii: messages under Event, and -1 for an eye that was lost."""
    lines = ["pygaze initiation report start", "display resolution: 1920x1080", "TimeStamp\tEvent"]
    for eye in ("Left", "Right"):
        lines[-1] += f"\tGazePointX{eye}\tGazePointY{eye}\tValidity{eye}"
    lines[-1] += "\tPupilSizeLeft\tPupilValidityLeft\tPupilSizeRight\tPupilValidityRight"
    for time, picture, x, y, found, edge in gaze():
        if edge and not found:
            lines += [f"{time}\tTRIALSTART {picture}", f"{time}.2\tIMAGENAME {picture}.png"]
        eye, size = (f"{x}\t{y}\t1", "3.1\t1") if found else ("-1\t-1\t0", "-1\t0")
        lines.append("\t".join([f"{time + 0.5}", "", eye, eye, size, size]))
    return "\n".join(lines) + "\n"


def test_samples_of_pygaze_go_all_the_way_to_fixations_on_images(tmp_path):
    path = tmp_path / "subject_TOBII_output.tsv"
    path.write_text(pygaze())
    samples = read_recording(path).samples()
    lost = np.array([not found for *_, found, _ in gaze()])
    assert samples.loc[lost].drop(columns=["block", "time_ms"]).isna().all(axis=None)
    assert samples.loc[~lost, "y_right_px"].tolist() == [one[3] for one in gaze() if one[4]]
    (tmp_path / "images.csv").write_text("image\n0\n1\n2\n")
    out = tmp_path / "fixations.csv"
    assert collect_fixations.main(
        [str(path), "--images", str(tmp_path / "images.csv"), "--out", str(out),
         "--trial", "TRIALSTART", "--image", "IMAGENAME (.+)", "--onset", "IMAGENAME",
         "--detector", "velocity", "--pixels-per-degree", "40"]
    ) == 0  # fmt: skip
    np.testing.assert_allclose(pd.read_csv(out)[["x_px", "y_px"]], PLACES, atol=0.51)


def test_an_eye_that_is_not_valid_has_not_the_gaze_of_the_other(tmp_path):
    path = tmp_path / "samples.txt"
    path.write_text(idf_converter())
    recording = read_recording(path)
    samples = recording.samples()
    lost = np.array([not found for *_, found, _ in gaze()])
    assert samples.loc[lost, ["x_left_px", "y_left_px", "pupil_left"]].isna().all(axis=None)
    assert (samples.loc[lost, "x_right_px"] == 12).all()
    assert samples.loc[~lost].notna().all(axis=None)
    found = image_fixations(recording, ShownImages(dict.fromkeys("012")), subject="1")
    assert list(found.left_out) == [
        "the recording has no fixation of its program; find them in samples, by --detector"
    ]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("gaze_timestamp,x_norm,y_norm,on_surf", "surface of Pupil Core.*x_px and y_px.*1 - y"),
        ("timestamp [ns],gaze x [px],gaze y [px]", "picture of the scene camera.*as a surface"),
        ("gaze_timestamp,world_index,confidence,norm_pos_x", "Pupil Core in the picture.*onto"),
        ("RECORDING_SESSION_LABEL\tCURRENT_FIX_X", "report of EyeLink Data Viewer.*the EDF itself"),
        ("Timestamp\tNumber\tGazePointXLeft\tStimuliName", "Tobii Studio 1 or 2.*Studio 3"),
    ],
)
def test_a_table_that_is_known_and_not_read_names_its_repair(tmp_path, header, says):
    path = tmp_path / "table.csv"
    path.write_text(f"{header}\n1,2,3,4\n")
    with pytest.raises(InputError, match=says):
        read_recording(path)


def test_samples_of_begaze_are_those_that_pymovements_reads(tmp_path):
    pymovements = pytest.importorskip("pymovements")
    path = tmp_path / "begaze.txt"
    path.write_text(begaze().replace("Blink", "Saccade", 1))  # it reads no blink at the beginning
    theirs = pymovements.gaze.from_begaze(path)
    ours = read_recording(path)
    pixels = np.array(theirs.samples["pixel"].to_list(), dtype=float)
    at = ours.samples()[["time_ms", "x_left_px", "y_left_px"]].to_numpy()
    np.testing.assert_allclose(at[:, 0], theirs.samples["time"].to_numpy())
    assert pixels[0].tolist() == [0, 0]  # lost gaze is a pixel there, and missing here
    assert np.isnan(at[0, 1:]).all()
    np.testing.assert_allclose(at[1:, 1:], pixels[1:])
    fixations = theirs.events.frame.filter(theirs.events.frame["name"] == "fixation_begaze")
    np.testing.assert_allclose(ours.fixations["start_ms"], fixations["onset"].to_numpy())
    np.testing.assert_allclose(ours.fixations["end_ms"], fixations["offset"].to_numpy())


def test_a_recording_of_eyes_that_were_never_seen_is_missing_throughout(tmp_path):
    path = tmp_path / "samples.txt"
    path.write_text(re.sub(r"\t[0-9.]+\t[0-9.]+\t3.1\tFixation", "\t0.00\t0.00\t0\t", begaze()))
    samples = read_recording(path).samples()
    assert samples.filter(like="_left").isna().all(axis=None)


def test_gazepoint_fixations_alone_are_events_without_samples(tmp_path):
    path = tmp_path / "User 1_fixations.csv"
    path.write_text(gazepoint(alone=True))
    recording = read_recording(path, screen_px=SCREEN)
    assert recording.samples().empty
    np.testing.assert_allclose(recording.fixations[["x_px", "y_px"]], np.array(PLACES) - 0.5,
                               atol=0.01)  # fmt: skip
    assert any("fixations alone" in what for what in recording.warnings)
    out = tmp_path / "events.csv"
    assert events.main([str(path), "--screen", "1920x1080", "--out", str(out)]) == 0
    assert (pd.read_csv(out)["kind"] == "fixation").sum() == 3


def test_names_in_latin_1_are_those_that_were_shown(tmp_path):
    path = tmp_path / "export.tsv"
    path.write_bytes(tobii().replace("pics/1.png", "pics/Bär.png").encode("latin-1"))
    assert any("Bär.png" in text for text in read_recording(path).messages["text"])


def test_a_european_table_has_decimal_commas(tmp_path):
    path = tmp_path / "tobii.tsv"
    path.write_text(tobii(decimal=",").replace("png", ",png"), encoding="utf-16")
    recording = read_recording(path)
    assert recording.fixations["x_px"].tolist() == [x for x, _ in PLACES]
    assert not math.isnan(recording.samples()["pupil_left"].iloc[10])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gazepoint(), "shares of the screen, whose size the file does not say.*--screen"),
        (gazepoint().replace("FPOGID", "NUMBER"), "column 'FPOGID' is missing"),
        (tobii().replace("\tP1\t\t\t400", "\tP2\t\t\t400"), "Participant name is 'P1', 'P2', of 2"),
        (tobii().replace("Gaze point X", "Gaze point X (MCSnorm)"), "'Gaze point left X' is miss"),
        (tobii().replace("\n16\t", "\n1\t"), "Recording timestamp goes back"),
        (tobii().replace("\n16\t", "\nsoon\t"), "Recording timestamp is 'soon'; expected a number"),
        (begaze().replace(" POR X [px]", " POR X [deg]"), "column 'L POR X .px.' is missing"),
        (begaze().replace("SMP", "smp").replace("1000000\t", "\t"), "Time is missing"),
    ],
)  # fmt: skip
def test_an_export_that_lacks_something_is_refused(tmp_path, content, says):
    path = tmp_path / "any.name"
    path.write_text(content)
    with pytest.raises(InputError, match=says):
        read_recording(path, screen_px=None if "--screen" in says else SCREEN)


def test_units_that_cannot_be_are_refused(tmp_path):
    path = tmp_path / "any.name"
    lines = tobii().splitlines()
    for scale, says in ((0.01, "steps by 0.04 from sample to sample"), (40, "steps by 160")):
        scaled = [lines[0]]
        for line in lines[1:]:
            stamp, rest = line.split("\t", 1)
            scaled.append(f"{float(stamp) * scale}\t{rest}")
        path.write_text("\n".join(scaled))
        with pytest.raises(InputError, match=says):
            read_recording(path)
    path.write_text(begaze().replace("400.00", "0.40").replace("300.00", "0.30")
                    .replace("1200.00", "0.62").replace("700.00", "0.52")
                    .replace("800.00", "0.41").replace("500.00", "0.4"))  # fmt: skip
    with pytest.raises(InputError, match="looks like a share of the screen"):
        read_recording(path)
    path.write_text(gazepoint(screen=(1, 1)))
    with pytest.raises(InputError, match="expected shares of the screen"):
        read_recording(path, screen_px=SCREEN)
