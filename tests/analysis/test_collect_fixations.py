"""From anybody's recordings and messages to densities: positions, trials, and what is refused."""

import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis import TargetPair, densities, time_course
from analysis.collect_fixations import main
from stimuli.support.errors import InputError
from tests.data import DATA, with_data

EYELINK = DATA / "eyelink"


def recording(path, trials, *, lines=()):
    """Write an ASC file of trials: messages at times, fixations ``(start, end, x, y)``."""
    written = ["MSG\t900 DISPLAY_COORDS 0 0 1919 1079\n", "START\t1000 \tLEFT\tSAMPLES\tEVENTS\n"]
    for messages, fixations in trials:
        written += [f"MSG\t{time} {text}\n" for time, text in messages]
        written += [
            f"EFIX L   {start}\t{end}\t{end - start + 1}\t  {x}\t  {y}\t    900\n"
            for start, end, x, y in fixations
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join([*written, *lines, "END\t9000 \tSAMPLES\tEVENTS\n"]))
    return str(path)


SR = [
    (
        [(1100, "TRIALID 1"), (1200, "-3 !V IMGLOAD FILL ../pics/Beach one.jpg"),
         (1210, "7 SYNCTIME"), (2200, "TRIAL_RESULT 0")],
        [(1150, 1300, "1.0", "2.0"), (1310, 1500, "559.5", "289.5"), (1510, 1700, "99.5", "89.5"),
         (2210, 2300, "5.0", "5.0")],
    ),
    ([(3000, "TRIALID 2"), (3100, "!V IMGLOAD FILL ../pics/absent.jpg"), (3110, "SYNCTIME")], []),
    ([(4000, "TRIALID 3"), (4100, "!V IMGLOAD FILL ../pics/Beach one.jpg")], []),
]  # fmt: skip


def images(path, text):
    path.write_text(text)
    return ["--images", str(path)]


def test_positions_are_those_on_the_image_whatever_its_place_and_size(tmp_path, capsys):
    file = recording(tmp_path / "s1.asc", SR)
    table = images(
        tmp_path / "images.csv",
        "image,left_px,top_px,width_px,height_px,image_width_px,image_height_px\n"
        "beach one,460,190,1000,700,500,350\n",
    )
    out = tmp_path / "fixations.csv"
    assert main([file, *table, "--out", str(out)]) == 0
    found = pd.read_csv(out, dtype={"trial": str})
    # Pixel 559.5 of the tracker is 560 of the screen: 100 px of 1000 from the left, shown at half.
    assert found[["x_px", "y_px"]].to_numpy().tolist() == [[50, 50], [-180, -50]]
    assert found["image"].tolist() == ["beach one"] * 2
    # The image appeared 7 ms before its message; fixation 0 and what follows the end are left out.
    assert found["onset_ms"].tolist() == [1310 - 1203, 1510 - 1203]
    assert found["fixation"].tolist() == [1, 2]
    assert found["trial"].tolist() == ["1", "1"]
    told = capsys.readouterr()
    assert "on 1 of 3 trials" in told.out
    assert "--size 500x350" in told.out
    assert "trials 2 left out: image '../pics/absent.jpg' is not in the table" in told.err
    assert "trials 3 left out: no message says when the image appeared" in told.err


def test_patterns_of_ones_own_and_the_screen_as_the_image(tmp_path):
    trials = [
        ([(1000 * n, f"begin {n}"), (1000 * n + 10, f"pic {name}"), (1000 * n + 20, "show now")],
         [(1000 * n + 100, 1000 * n + 200, "959.5", "539.5"),
          (1000 * n + 700, 1000 * n + 800, "0.0", "0.0")])
        for n, name in ((1, "a"), (2, "b"))
    ]  # fmt: skip
    files = [recording(tmp_path / folder / "rec.asc", trials) for folder in ("sub-07", "sub-08")]
    out = tmp_path / "fixations.csv"
    main([
        *files, *images(tmp_path / "images.tsv", "image\na.png\nb.png\n"), "--out", str(out),
        "--trial", "BEGIN", "--image", "pic (.)", "--onset", "show", "--duration-ms", "500",
        "--subject", "sub-([0-9]+)",
    ])  # fmt: skip
    found = pd.read_csv(out, dtype=str)
    assert found["image"].tolist() == ["a.png", "a.png", "b.png", "b.png"]
    assert found["subject"].tolist() == ["07", "08", "07", "08"]
    assert set(found["x_px"].astype(float)) == {960}  # the later one began after 500 ms


def test_densities_of_known_fixations_are_found_through_the_bridge(tmp_path):
    generator = np.random.default_rng(1)
    files = []
    for subject in range(6):
        trials = []
        for number, image in enumerate(("left", "right")):
            onset = 1000 + 3000 * number
            x = (660 if image == "left" else 1260) + generator.normal(0, 20, 8)
            y = 540 + generator.normal(0, 20, 8)
            trials.append(
                ([(onset, f"TRIALID {number}"), (onset, f"!V TRIAL_VAR image {image}.png"),
                  (onset, "SYNCTIME")],
                 [(onset + 100 + 200 * n, onset + 250 + 200 * n, f"{x[n]:.1f}", f"{y[n]:.1f}")
                  for n in range(8)])
            )  # fmt: skip
        files.append(recording(tmp_path / f"s{subject}.asc", trials))
    table = images(tmp_path / "images.csv", "image\nleft\nright\n")
    out = tmp_path / "fixations.csv"
    placement = ["--placement", "460,140,1000,800"]
    main([*files, *table, "--out", str(out), *placement])
    densities.main([str(out), "--size", "1000x800", "--out", str(tmp_path / "d"), "--grid", "100"])
    summary = json.loads((tmp_path / "d" / "summary.json").read_text())
    assert summary["n_fixations"] == 96
    assert summary["log_likelihood_bits"] > 4
    for image, side in (("left", 200), ("right", 800)):
        (path,) = (tmp_path / "d" / "maps").glob(f"{image}*")
        with np.load(path) as stored:
            density = np.exp(stored[stored.files[0]])
        columns = (np.arange(density.shape[1]) + 0.5) * 1000 / density.shape[1]
        assert columns[density.sum(axis=0).argmax()] == pytest.approx(side, abs=30)


REAL = {
    "cran_eyelinker_mono500.asc.gz": ["!V TRIAL_VAR direction (.+)", "Target_display"],
    "cran_eyelinker_mono1000.asc.gz": ["!V TRIAL_VAR direction (.+)", "Target_display"],
    "cran_eyelinker_bino500.asc.gz": ["!V TRIAL_VAR direction (.+)", "Target_display"],
    "cran_eyelinker_monoRemote500.asc.gz": ["!V TRIAL_VAR page (.+)", "SYNCTIME"],
    "eyelinkio_test_raw.edf": ["TRIALID (.+)", "SYNCTIME"],
    "eyelinkio_test_2_raw.edf": ["TRIALID (.+)", "TRIALID"],
    "eyelinkReader_example.edf": ["!V TRIAL_VAR Trial (.+)", "TRIGGER onset"],
}


def counted(path, onset):
    """Count in the lines of a file the fixations that began between onset and end of a trial."""
    shown_ms, spans, starts = None, [], []
    for line in gzip.decompress(path.read_bytes()).decode("latin-1").splitlines():
        message = re.match(r"MSG\t(\d+) (?:(-?\d+) )?(.*)", line)
        if message and message[3].startswith(onset) and shown_ms is None:
            shown_ms = int(message[1]) - int(message[2] or 0)
        elif message and message[3].startswith("TRIAL_RESULT"):
            spans.append((shown_ms, int(message[1])))
            shown_ms = None
        elif match := re.match(r"EFIX ([LR])\s+(\d+)", line):
            starts.append((match[1], int(match[2])))
    eye = "L" if any(side == "L" for side, _ in starts) else "R"
    return sum(
        first <= start < last for side, start in starts if side == eye for first, last in spans
    )


@with_data("eyelink")
def test_real_recordings_of_others_become_densities(tmp_path):
    pytest.importorskip("eyelinkio")
    names = ["Left", "Right", "Buck", "They", "Among", "House", *map(str, range(1, 41))]
    table = images(tmp_path / "images.csv", "image\n" + "\n".join(names))
    collected = []
    for number, (name, (image, onset)) in enumerate(REAL.items()):
        out = tmp_path / str(number) / "fixations.csv"
        options = ["--image", image, "--onset", onset]
        assert main([str(EYELINK / name), *table, "--out", str(out), *options]) == 0
        collected.append(pd.read_csv(out, dtype={"subject": str, "image": str}))
    for found, (name, (_, onset)) in zip(collected, REAL.items(), strict=True):
        if ".asc" in name:
            assert len(found) == counted(EYELINK / name, onset), name
    assert [len(one) for one in collected] == [5, 4, 4, 295, 9, 117, 30]
    of_saccades = tmp_path / "saccades.csv"
    pd.concat(collected[:3]).sort_values("image", kind="stable").to_csv(of_saccades, index=False)
    densities.main([str(of_saccades), "--size", "1024x768", "--out", str(tmp_path / "d"),
                    "--grid", "64"])  # fmt: skip
    summary = json.loads((tmp_path / "d" / "summary.json").read_text())
    assert (summary["n_images"], summary["n_fixations"]) == (2, 13)
    assert summary["log_likelihood_bits"] > 0
    right = np.zeros((768, 1024), bool)
    right[:, 512:] = True
    pair = TargetPair("saccades", "Left", "Right", mask=right)
    course = time_course(pd.read_csv(of_saccades), [pair], viewing_ms=2000, resamples=100).course
    first = course[course["by"] == "number"].iloc[0]
    assert (first["n_original"], first["n_version"]) == (6, 6)
    assert (first["original"], first["version"]) == (0, 1)
    first = collected[0].iloc[0]
    assert first[["x_px", "y_px", "duration_ms"]].tolist() == [252.3, 358.3, 74]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--trial", "begin"], "no message begins a trial by 'begin'.*--trial.*'TRIALID #'"),
        (["--image", "picture (.*)"], "no message names an image.*--image"),
        (["--onset", "flip"], "no message says when.*--onset"),
        (["--image", "(TRIALID"], "no regular expression"),
        (["--image", "TRIALID"], "no group"),
        (["--image", r"TRIALID (\d+)"], "none of its images is in the table.*'1', '2', '3'"),
        (["--placement", "1,2,3"], "LEFT,TOP,WIDTH,HEIGHT"),
        (["--placement", "1,2,0,4"], "more than 0 pixels"),
        (["--subject", "sub-(x)"], "finds no subject"),
    ],
)
def test_what_is_wrong_is_named_with_its_repair(tmp_path, options, says):
    file = recording(tmp_path / "s1.asc", SR)
    table = images(tmp_path / "images.csv", "image\nBeach one.jpg\n")
    with pytest.raises(InputError, match=says):
        main([file, *table, "--out", str(tmp_path / "fixations.csv"), *options])
    assert not (tmp_path / "fixations.csv").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\na\n", "column 'image' is missing"),
        ("image\na\na\n", "line 3: image is 'a'; expected a name, each once"),
        ("image\n", "holds no image"),
        ("image,left_px\na,3\n", "top_px is missing"),
        ("image,left_px,top_px,width_px,height_px\na,1,2,3,wide\n", "line 2: height_px is 'wide'"),
    ],
)
def test_a_wrong_table_of_images_is_refused(tmp_path, text, says):
    file = recording(tmp_path / "s1.asc", SR)
    with pytest.raises(InputError, match=says):
        main([file, *images(tmp_path / "images.csv", text), "--out", str(tmp_path / "out.csv")])


def test_a_bad_file_is_named_and_the_others_are_collected(tmp_path, capsys):
    files = [recording(tmp_path / "s1.asc", SR), str(tmp_path / "s2.asc")]
    table = images(tmp_path / "images.csv", "image\nBeach one.jpg\n")
    out = tmp_path / "fixations.csv"
    assert main([*files, *table, "--out", str(out)]) == 1
    assert set(pd.read_csv(out)["subject"]) == {"s1"}
    assert "not read: " in capsys.readouterr().err.splitlines()[-1]
