"""Each published layout, written here as its authors publish it."""

import json

import numpy as np
import pytest
from PIL import Image

from manipulation.saliency.fixations.readers import cat2000, mit1003
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.fixations.viewed import photographs, viewed_photographs
from stimuli.support.errors import InputError

scipy_io = pytest.importorskip("scipy.io")
h5py = pytest.importorskip("h5py")


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("first.jpeg", "second.jpeg"):
        Image.new("RGB", (400, 300)).save(folder / name)
    return folder


def of(table, name):
    """Points and subjects on one photograph."""
    chosen = table.of_image(table.images.index(name))
    return table.points[chosen], None if table.subject is None else table.subject[chosen].tolist()


# -- MIT1003 -------------------------------------------------------------------------------------


def gaze(places, samples=72, saccade=8, noise=0.2, seed=0):
    """Samples at 240 Hz: 0.3 s at each place, and saccades between them that speed up and slow."""
    generator = np.random.default_rng(seed)
    parts = []
    for index, place in enumerate(places):
        parts.append(np.tile(np.array(place, dtype=float), (samples, 1)))
        if index + 1 < len(places):
            share = (1 - np.cos(np.linspace(0, np.pi, saccade + 2)[1:-1])) / 2
            here, there = np.array(place, dtype=float), np.array(places[index + 1], dtype=float)
            parts.append(here + share[:, None] * (there - here))
    samples = np.concatenate(parts)
    return samples + generator.normal(0, noise, samples.shape)


def trial(samples):
    """A trial's variable as in DATA/<person>/<photograph>.mat."""
    return {"DATA": {"eyeData": samples, "calibration": 1.0}}


@pytest.fixture
def mit(tmp_path, images):
    data = tmp_path / "DATA"
    for person in ("ajs", "hp"):
        (data / person).mkdir(parents=True)
        scipy_io.savemat(data / person / "CalibrationData.mat", {"calib": np.eye(2)})
    one = gaze([(200, 150), (100, 80), (310, 210)])
    two = gaze([(200, 150), (50, 250), (-30, 20), (350, 50)], seed=1)
    scipy_io.savemat(data / "ajs" / "first.mat", {"first": trial(one)})
    scipy_io.savemat(data / "hp" / "first.mat", {"first": trial(two)})
    return data


def test_mit1003_gives_the_places_looked_at_after_the_first(mit, images):
    table = read_fixations(mit, images)
    points, subject = of(table, "first.jpeg")
    expected = [(100, 80), (310, 210), (50, 250), (-30, 20), (350, 50)]
    np.testing.assert_allclose(points, expected, atol=0.3)
    assert subject == ["ajs", "ajs", "hp", "hp", "hp"]
    (photograph,) = photographs(table, images)
    assert photograph.outside == 1  # as where the tracker lost the eye


def test_a_trial_without_saccade_is_one_fixation():
    samples = gaze([(200, 150)])
    np.testing.assert_allclose(mit1003.fixations(samples), [np.median(samples, axis=0)])


def test_drift_is_no_saccade_and_short_stops_are_none():
    drift = np.linspace((100, 100), (130, 100), 240)
    assert len(mit1003.fixations(drift)) == 1
    hop = np.concatenate([gaze([(100, 100), (200, 100)])[: 72 + 8 + 5], gaze([(300, 100)])])
    places = mit1003.fixations(hop)
    np.testing.assert_allclose(places, [(100, 100), (300, 100)], atol=1)


def test_the_thresholds_are_those_of_the_data_set():
    """Speed must rise by 3.4 px a sample, three times; a constant step counts by three quarters."""

    def rises(step):
        position = np.zeros(200)
        position[100:112] = step * np.arange(1, 13)
        position[112:] = position[111]
        return len(mit1003.fixations(np.stack([position, np.zeros(200)], axis=1)))

    assert rises(1.02 * 3.4 / 0.75) == 2
    assert rises(0.98 * 3.4 / 0.75) == 1


def test_a_mit1003_file_of_another_form_is_named(mit, images):
    scipy_io.savemat(mit / "ajs" / "second.mat", {"second": {"gaze": 1}})
    named = r"ajs.second.mat: holds \['second'\]; expected .*eyeData"
    with pytest.raises(InputError, match=named):
        read_fixations(mit, images)
    scipy_io.savemat(mit / "ajs" / "second.mat", {"second": trial(np.ones((99, 1)))})
    with pytest.raises(InputError, match=named):
        read_fixations(mit, images)
    content = (mit / "ajs" / "first.mat").read_bytes()
    (mit / "ajs" / "first.mat").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"first.mat: cannot be read as a MATLAB file"):
        read_fixations(mit, images)


# -- SALICON -------------------------------------------------------------------------------------


def write_salicon(file, *viewers):
    """A photograph's file with the fixations of each viewer, (x, y) in pixels from 1."""
    kind = np.dtype([("location", "O"), ("timestamp", "O"), ("fixations", "O")])
    gaze = np.empty((len(viewers), 1), dtype=kind)
    for index, fixations in enumerate(viewers):
        gaze[index, 0] = (np.array([[5, 5], [6, 6]]), np.array([[0], [10]]), np.array(fixations))
    content = {"image": file.stem, "resolution": np.array([[300, 400]]), "gaze": gaze}
    file.parent.mkdir(parents=True, exist_ok=True)
    scipy_io.savemat(file, content)


def test_salicon_mat_counts_pixels_from_one(tmp_path, images):
    folder = tmp_path / "train"
    viewers = [[1, 1], [400, 300]], [[20, 30]], np.zeros((0, 2)), [[401, 1]]
    write_salicon(folder / "first.mat", *viewers)
    table = read_fixations(folder, images)
    points, subject = of(table, "first.jpeg")
    np.testing.assert_array_equal(points, [(0.5, 0.5), (399.5, 299.5), (19.5, 29.5), (400.5, 0.5)])
    assert subject == ["0", "0", "1", "3"]
    (photograph,) = photographs(table, images)
    assert photograph.outside == 1


def test_salicon_files_and_photographs_must_fit(tmp_path, images):
    file = tmp_path / "train" / "first.mat"
    write_salicon(file, [[1, 1]])
    Image.new("RGB", (200, 150)).save(images / "first.jpeg")
    with pytest.raises(InputError, match=r"first.mat: resolution is \[300, 400\]; .*\[150, 200\]"):
        read_fixations(file.parent, images)
    Image.new("RGB", (400, 300)).save(images / "first.jpeg")
    write_salicon(file.with_name("lost.mat"), [[1, 1]])
    with pytest.raises(InputError, match=r"lost.mat: .*images has no photograph of that name"):
        read_fixations(file.parent, images)


def test_salicon_in_parts_is_read_with_its_parts(tmp_path, images):
    for part, name in (("train", "first"), ("val", "second")):
        (images / part).mkdir()
        (images / f"{name}.jpeg").rename(images / part / f"{name}.jpeg")
        write_salicon(tmp_path / "fixations" / part / f"{name}.mat", [[3, 4]])
    table = read_fixations(tmp_path / "fixations", images)
    assert table.images == ("train/first.jpeg", "val/second.jpeg")
    np.testing.assert_array_equal(table.points, [(2.5, 3.5), (2.5, 3.5)])
    only = read_fixations(tmp_path / "fixations" / "val", images / "val")
    assert only.images == ("second.jpeg",)
    with pytest.raises(InputError, match=r"holds no fixation on the .*in train and val where"):
        read_fixations(tmp_path / "fixations", images / "val")


def test_a_salicon_file_of_another_form_is_named(tmp_path, images):
    file = tmp_path / "train" / "first.mat"
    write_salicon(file, [[1, 1, 0.2], [400, 300, 0.3]])
    with pytest.raises(InputError, match=r"first.mat: holds .*expected gaze\(i\)\.fixations"):
        read_fixations(file.parent, images)
    write_salicon(file, [[np.nan, 1]])
    with pytest.raises(InputError, match=r"fixation 1 \(on first.jpeg\) is at .*nan"):
        read_fixations(file.parent, images)
    scipy_io.savemat(file, {"looks": 1})
    with pytest.raises(InputError, match=r"first.mat: holds \['looks'\]"):
        read_fixations(file.parent, images)


def salicon_json():
    return {
        "info": {"version": "2015r1"},
        "type": "fixations",
        "images": [
            {"id": 9, "file_name": "first.jpeg", "width": 400, "height": 300},
            {"id": 11, "file_name": "elsewhere.jpeg", "width": 400, "height": 300},
        ],
        "annotations": [
            {"id": 1, "image_id": 9, "worker_id": 52, "fixations": [[1, 1], [300, 400]]},
            {"id": 2, "image_id": 9, "worker_id": 7, "fixations": [[30, 20]]},
            {"id": 3, "image_id": 11, "worker_id": 7, "fixations": [[30, 20]]},
        ],
    }


def test_salicon_json_names_rows_before_columns(tmp_path, images):
    path = tmp_path / "fixations_train2014.json"
    path.write_text(json.dumps(salicon_json()))
    points, subject = of(read_fixations(path, images), "first.jpeg")
    np.testing.assert_allclose(points, [(0.5, 0.5), (399.5, 299.5), (19.5, 29.5)])
    assert subject == ["52", "52", "7"]
    triples = salicon_json()
    triples["annotations"][0]["fixations"] = [[1, 1, 200], [300, 400, 150]]
    path.write_text(json.dumps(triples))
    with pytest.raises(InputError, match=r"fixations are \(2, 3\); expected \(N, 2\)"):
        read_fixations(path, images)
    path.write_text(json.dumps({"images": []}))
    with pytest.raises(InputError, match="is not SALICON's release 2015r1"):
        read_fixations(path, images)
    path.write_text("{")
    with pytest.raises(InputError, match="not a JSON file"):
        read_fixations(path, images)


# -- FixaTons ------------------------------------------------------------------------------------


def write_scanpaths(data, scanpaths):
    """Write the rows of each ``<photograph>/<subject>`` below SCANPATHS."""
    for name, rows in scanpaths.items():
        file = data / "SCANPATHS" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(rows)


@pytest.fixture
def fixatons(tmp_path, images):
    data = tmp_path / "TORONTO"
    data.mkdir()
    images.rename(data / "STIMULI")
    write_scanpaths(
        data,
        {
            "first.jpeg/ajs.txt": "310.25 210 0.9 1.2\n100 80 0 0.3\n-5 20\t0.4  0.8\n",
            "first.jpeg/hp": "\n0 0 0.1 0.1\n",
            "second/hp": "7 8 0 0.5\n9 10 0 0.6\n",
            "second/.DS_Store": "hidden",
        },
    )
    (data / "SCANPATHS" / ".DS_Store").write_text("hidden")
    return data


def test_fixatons_are_in_order_of_start_and_named_with_or_without_suffix(fixatons):
    table = read_fixations(fixatons, fixatons / "STIMULI")
    assert table.images == ("first.jpeg", "second.jpeg")
    points, subject = of(table, "first.jpeg")
    np.testing.assert_array_equal(points, [(100, 80), (-5, 20), (310.25, 210), (0, 0)])
    assert subject == ["ajs", "ajs", "ajs", "hp"]
    points, subject = of(table, "second.jpeg")
    np.testing.assert_array_equal(points, [(7, 8), (9, 10)])  # at once: as they are written
    assert subject == ["hp", "hp"]
    viewed = viewed_photographs(table, fixatons / "STIMULI", scale=1)
    assert [one.outside for one in viewed] == [1, 0]


def test_of_fixatons_mit1003_alone_the_first_fixation_is_left_out(fixatons, monkeypatch):
    mit = fixatons.rename(fixatons.with_name("mit1003-copy"))
    table = read_fixations(mit, mit / "STIMULI")
    points, subject = of(table, "first.jpeg")
    np.testing.assert_array_equal(points, [(-5, 20), (310.25, 210)])
    assert subject == ["ajs", "ajs"]
    np.testing.assert_array_equal(of(table, "second.jpeg")[0], [(9, 10)])
    monkeypatch.chdir(mit)
    np.testing.assert_array_equal(read_fixations(".", "STIMULI").points, table.points)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1 2 0 1\n1 2 3\n", r"line 2: has 3 columns \('1 2 3'\); expected 4, x y start end.*mend"),
        ("1,2,0,1\n", r"line 1: has 1 columns \('1,2,0,1'\); expected 4.*white space"),
        ("1 2 0 1 5\n", r"line 1: has 5 columns"),
        ("nan 2 0 1\n", r"line 1: x is 'nan'; expected a number of pixels; leave out"),
        ("1 two 0 1\n", r"line 1: y is 'two'; expected a number of pixels; leave out"),
        ("1 2 0 inf\n", r"line 1: end is 'inf'; expected a number of seconds; leave out"),
        ("1 2 100 900\n", r"line 1: lasts 800 s; expected seconds.*divide start and end by 1000"),
        ("\n1 2 0.5 0.25\n", r"line 2: end is 0.25, before the start at 0.5; expected .*mend"),
    ],
)
def test_a_wrong_row_of_a_scanpath_is_named(fixatons, rows, message):
    write_scanpaths(fixatons, {"second/hp": rows})
    with pytest.raises(InputError, match=rf"second.hp, {message}"):
        read_fixations(fixatons, fixatons / "STIMULI")


def test_a_scanpath_that_is_no_text_is_named(fixatons):
    (fixatons / "SCANPATHS" / "second" / "hp").write_bytes(b"\xff\xfe1 2")
    with pytest.raises(InputError, match=r"second.hp: is no text .*expected rows x y start end"):
        read_fixations(fixatons, fixatons / "STIMULI")


def test_scanpaths_belong_to_one_photograph_and_one_subject(fixatons):
    stimuli = fixatons / "STIMULI"
    write_scanpaths(fixatons, {"first/hp.csv": "1 2 0 1"})
    with pytest.raises(InputError, match=r"hp: .*hp.csv is of subject 'hp' on first.jpeg too"):
        read_fixations(fixatons, stimuli)
    (fixatons / "SCANPATHS" / "first" / "hp.csv").rename(fixatons / "SCANPATHS" / "first" / "o.x")
    assert of(read_fixations(fixatons, stimuli), "first.jpeg")[1].count("o") == 1
    Image.new("RGB", (4, 3)).save(stimuli / "second.png")
    with pytest.raises(InputError, match=r"'second' names second.jpeg and second.png in .*STIMULI"):
        read_fixations(fixatons, stimuli)
    (stimuli / "second.png").unlink()
    (stimuli / "second.jpeg").rename(stimuli / "seconds.jpeg")
    expected = (
        r"SCANPATHS.second: no photograph 'second' in .*STIMULI; expected .*did you mean 'sec"
    )
    with pytest.raises(InputError, match=expected):
        read_fixations(fixatons, stimuli)


def test_fixatons_without_a_fixation_are_refused(tmp_path, images):
    write_scanpaths(tmp_path / "SIENA12", {"first/hp": "\n"})
    with pytest.raises(InputError, match=r"SIENA12.SCANPATHS: holds no fixation; expected SCANPA"):
        read_fixations(tmp_path / "SIENA12", images)
    (tmp_path / "SIENA12" / "SCANPATHS" / "first" / "hp").unlink()
    (tmp_path / "SIENA12" / "SCANPATHS" / "first").rmdir()
    with pytest.raises(InputError, match=r"SIENA12.SCANPATHS: holds no fixation; expected SCANPA"):
        read_fixations(tmp_path / "SIENA12", images)


# -- CAT2000 -------------------------------------------------------------------------------------


@pytest.fixture
def cat(tmp_path, monkeypatch):
    """``trainSet`` with two categories, whose photographs have the same names."""
    train = tmp_path / "trainSet"
    monkeypatch.setattr(cat2000, "_MOST_FIXATED", 0.5)  # of photographs of 24 pixels
    for category, fixated in (("Action", [(0, 0), (2, 5), (3, 1)]), ("Sketch", [(3, 5)])):
        for where in ("Stimuli", "FIXATIONLOCS"):
            (train / where / category / "Output").mkdir(parents=True)
        Image.new("RGB", (6, 4), "white").save(train / "Stimuli" / category / "001.jpg")
        Image.new("RGB", (3, 3)).save(train / "Stimuli" / category / "Output" / "001.jpg")
        matrix = np.zeros((4, 6), dtype=np.uint8)
        matrix[tuple(zip(*fixated, strict=True))] = 1
        scipy_io.savemat(train / "FIXATIONLOCS" / category / "001.mat", {"fixLocs": matrix})
        output = train / "FIXATIONLOCS" / category / "Output" / "002.mat"
        scipy_io.savemat(output, {"fixLocs": matrix})
    (train / "FIXATIONLOCS" / "Output").mkdir()
    scipy_io.savemat(train / "FIXATIONLOCS" / "Output" / "001.mat", {"fixLocs": matrix})
    return train


@pytest.mark.parametrize("named", [".", "FIXATIONLOCS"])
def test_cat2000_counts_each_fixated_pixel_once_at_its_centre(cat, named):
    matrix = scipy_io.loadmat(cat / "FIXATIONLOCS" / "Action" / "001.mat")["fixLocs"].astype(float)
    scipy_io.savemat(cat / "FIXATIONLOCS" / "Action" / "001.mat", {"fixLocs": 3 * matrix})
    table = read_fixations(cat / named, cat / "Stimuli")
    assert table.images == ("Action/001.jpg", "Sketch/001.jpg")
    points, subject = of(table, "Action/001.jpg")
    np.testing.assert_array_equal(points, [(0.5, 0.5), (5.5, 2.5), (1.5, 3.5)])
    assert subject is None
    np.testing.assert_array_equal(of(table, "Sketch/001.jpg")[0], [(5.5, 3.5)])


def test_photographs_in_folders_are_read_like_others(cat):
    table = read_fixations(cat, cat / "Stimuli")
    action, sketch = photographs(table, cat / "Stimuli", scale=2)
    assert (action.name, action.size, action.outside) == ("Action/001.jpg", (8, 12), 0)
    np.testing.assert_array_equal(action.points, [(1, 1), (11, 5), (3, 7)])
    assert (sketch.name, sketch.image.shape) == ("Sketch/001.jpg", (3, 8, 12))
    names = [one.name for one in viewed_photographs(table, cat / "Stimuli", scale=1)]
    assert names == ["Action/001.jpg", "Sketch/001.jpg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"fixPts": np.zeros((4, 6))}, r"holds \['fixPts'\]; expected fixLocs, a full .*copy"),
        ({"fixLocs": np.ones((6, 4))}, r"fixLocs has the size 6 x 4; expected 4 x 6 \(height x"),
        ({"fixLocs": np.ones((4, 6))}, r"fixLocs is not 0 in 100% of .*is it a saliency map"),
        ({"fixLocs": np.full((4, 6), -1.0)}, r"fixLocs holds -1.0; expected finite numbers"),
        ({"fixLocs": np.full((4, 6), np.nan)}, r"fixLocs holds nan; expected finite numbers"),
        ({"fixLocs": np.full((4, 6), "a", dtype=object)}, r"fixLocs holds object; expected fin"),
    ],
)
def test_a_cat2000_file_of_another_form_is_named(cat, content, message):
    scipy_io.savemat(cat / "FIXATIONLOCS" / "Sketch" / "001.mat", content)
    with pytest.raises(InputError, match=rf"Sketch.001.mat: {message}"):
        read_fixations(cat, cat / "Stimuli")


def test_cat2000_without_photograph_or_fixation_is_refused(cat):
    (cat / "Stimuli" / "Sketch" / "001.jpg").unlink()
    expected = r"Sketch.001.mat: no photograph '001' in .*Sketch; expected .*name the folder"
    with pytest.raises(InputError, match=expected):
        read_fixations(cat, cat / "Stimuli")
    for category in ("Action", "Sketch"):
        (cat / "FIXATIONLOCS" / category / "001.mat").unlink()
    with pytest.raises(InputError, match=r"FIXATIONLOCS: holds no fixation; expected FIXATIONLOCS"):
        read_fixations(cat, cat / "Stimuli")


# -- pysaliency ----------------------------------------------------------------------------------


def write_stimuli(path, kind="FileStimuli"):
    with h5py.File(path, "w") as file:
        file.attrs["type"], file.attrs["version"] = np.bytes_(kind), np.bytes_("2.1")
        names = np.array([b"images/first.jpeg", b"images/second.jpeg"])
        file.create_dataset("filenames", data=names, dtype=h5py.special_dtype(vlen=str))
        file.attrs["size"], file.attrs["__attributes__"] = 2, np.bytes_("[]")


def write_fixations(path, kind):
    nan = np.nan
    padded_x, padded_y = (
        np.array([[10.5, 20, nan], [30, 40, 50]]),
        np.array([[1, 2, nan], [3, 4, 5]]),
    )
    with h5py.File(path, "w") as file:
        file.attrs["type"], file.attrs["version"] = np.bytes_(kind), np.bytes_("1.0")
        if kind == "Fixations":
            file["x"], file["y"] = [10.5, 20, 30, 40, 50], [1, 2, 3, 4, 5]
            file["n"], file["subjects"] = [1, 1, 0, 0, 0], [3, 3, 4, 4, 4]
        elif kind == "FixationTrains":
            file["train_xs"], file["train_ys"] = padded_x, padded_y
            file["train_ts"] = padded_x
            file["train_ns"], file["train_subjects"] = [1, 0], [3, 4]
        elif kind == "ScanpathFixations":
            group = file.create_group("scanpaths")
            group["xs"], group["ys"], group["n"], group["lengths"] = (
                padded_x,
                padded_y,
                [1, 0],
                [2, 3],
            )
            group["scanpath_attributes/subject"] = [3, 4]


@pytest.mark.parametrize("kind", ["Fixations", "FixationTrains", "ScanpathFixations"])
def test_pysaliency_hdf5_of_every_type_gives_the_same(tmp_path, images, kind):
    write_stimuli(tmp_path / "stimuli_train.hdf5")
    write_fixations(tmp_path / "fixations_train.hdf5", kind)
    table = read_fixations(tmp_path / "fixations_train.hdf5", images)
    points, subject = of(table, "second.jpeg")
    np.testing.assert_allclose(points, [(10.5, 1), (20, 2)])
    assert subject == [3, 3]
    points, subject = of(table, "first.jpeg")
    np.testing.assert_allclose(points, [(30, 3), (40, 4), (50, 5)])
    assert subject == [4, 4, 4]


def test_pysaliency_names_in_folders_are_found_below_the_photographs(tmp_path, images):
    (images / "images").mkdir()
    (images / "second.jpeg").rename(images / "images" / "second.jpeg")
    write_stimuli(tmp_path / "stimuli.hdf5")
    write_fixations(tmp_path / "fixations.hdf5", "Fixations")
    table = read_fixations(tmp_path / "fixations.hdf5", images)
    assert table.images == ("first.jpeg", "images/second.jpeg")


def test_pysaliency_hdf5_that_does_not_fit_is_refused(tmp_path, images):
    path = tmp_path / "fixations.hdf5"
    write_fixations(path, "Fixations")
    with pytest.raises(InputError, match="names of the photographs are not beside it"):
        read_fixations(path, images)
    write_stimuli(tmp_path / "stimuli.hdf5", kind="Stimuli")
    with pytest.raises(InputError, match="holds 'Stimuli'; expected 'FileStimuli'"):
        read_fixations(path, images)
    write_stimuli(tmp_path / "stimuli.hdf5")
    write_fixations(path, "Scanpaths")
    with pytest.raises(InputError, match="holds 'Scanpaths'; expected 'Fixations'"):
        read_fixations(path, images)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="cannot be read as HDF5 of pysaliency"):
        read_fixations(path, images)


def test_folders_of_no_known_layout_say_what_was_expected(tmp_path, images):
    (tmp_path / "empty").mkdir()
    layouts = "MIT1003's folder DATA .*SALICON's .*CAT2000's trainSet .*FixaTons"
    for other in (tmp_path / "empty", images):
        with pytest.raises(
            InputError, match=f"{other.name}: is a folder of no .*expected {layouts}"
        ):
            read_fixations(other, images)


def test_a_folder_around_a_data_set_is_told_which_is_in_it(cat, fixatons):
    scipy_io.savemat(cat / "allFixData.mat", {"allData": 1})  # as published; no file of MIT1003's
    assert len(read_fixations(cat, cat / "Stimuli").points) == 4
    for one in (cat, fixatons):
        around = one.parent / "around" / one.name
        around.parent.mkdir(exist_ok=True)
        one.rename(around)
        with pytest.raises(InputError, match=rf"around: is a .*did you mean .*{one.name}\?\)$"):
            read_fixations(around.parent, around)
        around.rename(one)


def test_matlab_files_on_other_photographs_are_refused(tmp_path, mit, images):
    (tmp_path / "others").mkdir()
    with pytest.raises(InputError, match=r"holds no gaze on the photographs in .*others"):
        read_fixations(mit, tmp_path / "others")
    scipy_io.savemat(mit / "first.mat", {"gaze": 1})
    with pytest.raises(InputError, match=r"holds no fixation on the photographs in .*others"):
        read_fixations(mit, tmp_path / "others")
