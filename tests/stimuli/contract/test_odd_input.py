"""Files that say odd things: every one is read or refused by an error of ours, none crashes."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.journal import read_journal
from stimuli.contract.masks import annotations_of, read_annotations
from stimuli.contract.outlines import decode
from stimuli.contract.settings import parse_settings
from stimuli.support.errors import InputError
from stimuli.support.files import read_json
from stimuli.support.tables import Column, Schema, read_table
from tests.stimuli.contract.test_masks import encodings

SIZE = (6, 8)
FEW = settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=6) | st.floats() | st.integers()
    | st.sampled_from([10**400, -(10**30), 480.0, "480", "", float("nan")]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["id", "counts", "size", "name"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def ours(act, *given):
    try:
        return act(*given)
    except InputError:
        return None


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ([[0, 0, 1e12, 0, 1e12, 1e12]], r"corner lies at 1000000000000\.0"),
        ([[0, 0, 10**400, 0, 4, 4]], "corner lies at 1000"),
        ([["0", "0", "4", "0", "4", "4"]], "expected a list of numbers"),
        ([[[0, 0], [4, 0], [4, 4]]], "expected a list of numbers"),
        ([[0, 0, True, 0, 4, 4]], "expected a list of numbers"),
        ([0, 0, 4], "x, y pairs of at least three corners"),
        ({"size": [6, 8], "counts": [-5, 53]}, "a run length is -5; expected 0 to 48"),
        ({"size": [6, 8], "counts": [2**32, 48 - 2**32]}, "a run length is 4294967296"),
        ({"size": [6, 8], "counts": ["48"]}, "a run length is no whole number"),
        ({"size": [6, 8], "counts": "\u00e9\u00e9"}, "expected run lengths as a list"),
        ({"size": [6, 8], "counts": "PPPPPPPPPPPPP"}, "a run length is too large"),
        ({"size": [6, 8], "counts": "P"}, "ends within a number"),
        ({"size": [6, 8], "counts": ""}, "run lengths sum to 0; expected 48"),
        ({"size": [6, 8], "counts": 48}, "expected run lengths as a list"),
        ({"size": "6x8", "counts": [48]}, "run-length code of size 6x8"),
    ],
)
def test_an_outline_that_would_crash_pycocotools_is_named(segmentation, message):
    with pytest.raises(InputError, match=message):
        decode({"id": 3, "segmentation": segmentation}, *SIZE)


@FEW
@given(st.integers(0, 2**48 - 1))
def test_every_mask_keeps_its_pixels_through_its_compressed_code(bits):
    from pycocotools import mask as coco

    mask = np.array([bits >> n & 1 for n in range(48)], dtype=np.uint8).reshape(SIZE)
    code = coco.encode(np.asfortranarray(mask))
    found = decode({"segmentation": {"size": [6, 8], "counts": code["counts"].decode()}}, *SIZE)
    np.testing.assert_array_equal(found, mask == 1)


@FEW
@given(VALUES | st.text("0123456789:;<=>?@ABCPQRo", max_size=9).map(
    lambda text: {"size": [6, 8], "counts": text}))  # fmt: skip
def test_any_segmentation_is_a_mask_or_an_error_of_ours(segmentation):
    ours(decode, {"id": 1, "segmentation": segmentation}, *SIZE)


@FEW
@given(st.sampled_from(["images", "annotations", "licenses", "categories"]),
       st.sampled_from(["id", "image_id", "file_name", "width", "license", "name", "url",
                        "category_id", ""]), VALUES)  # fmt: skip
def test_any_value_in_an_annotation_file_is_read_or_refused(tmp_path, key, name, value):
    content = {
        "images": [{"id": 7, "file_name": "a.jpg", "height": 6, "width": 8, "license": 1}],
        "annotations": [{"id": 1, "image_id": 7, "segmentation": encodings()["polygon"]}],
        "licenses": [{"id": 1, "name": "CC", "url": None}],
        "categories": [{"id": 1, "name": "cup"}],
    }
    if name:
        content[key][0][name] = value
    else:
        content[key] = value
    read = ours(annotations_of, content, tmp_path / "a.json")
    if read is not None:
        for image_id in read.images:
            assert read.licence(image_id)
            for one in read.of_image(image_id):
                ours(read.mask, image_id, [one["id"]])


@pytest.mark.parametrize("name", [3, 3.5, None])
def test_a_licence_without_a_name_in_words_is_read(name, tmp_path):
    image = {"id": "7", "file_name": "a.jpg", "height": 6.0, "width": 8, "license": "1"}
    licences = [{"id": 1, "name": name, "url": None}]
    content = {"images": [image], "annotations": [], "licenses": licences}
    read = annotations_of(content, tmp_path)
    assert read.licence(7) == ("unknown" if name is None else str(name))
    assert (read.image(7)["height"], type(read.image(7)["height"])) == (6, int)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "1" * 5000, "\ufeff[", "\0"])
def test_json_that_no_reader_can_take_is_named(text, tmp_path):
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.json: not a"):
        read_annotations(tmp_path / "a.json")


@pytest.mark.parametrize(
    "text",
    [
        f"a = {'[' * 10_000}", f"seed = {'1' * 5000}", f"[study]\nseed = 0x{'f' * 5000}",
        f"[study]\nname.{'.'.join('a' * 20_000)} = 1", f"[screen]\nwidth_cm = {10**400}",
        "[study]\nseed = 1979-05-27", "[images]\nfit = ['crop']", "sources = [1]", "study = 1",
    ],
)  # fmt: skip
def test_settings_that_no_reader_can_take_are_named(text):
    with pytest.raises(InputError, match=r"study\.toml") as refused:
        parse_settings(text)
    assert "int_max_str_digits" not in str(refused.value)


def test_a_number_of_thousands_of_digits_is_told_by_its_line(tmp_path):
    number, path = "1" * 5000, tmp_path / "a.json"
    with pytest.raises(InputError, match=r"line 3: a whole number has more than \d+ digits; exp"):
        parse_settings(f"[study]\n\nseed = {number}")
    path.write_text(f'{{"a":\n-{number}}}')
    with pytest.raises(
        InputError, match=r"a\.json: .*line 2: a whole number .* expected one of 64"
    ):
        read_json(path)
    schema = Schema("orders", (Column("order", int, "Of the blocks"),))
    for text in (number, str(2**63)):
        path.write_text(f"order\n{text}\n")
        with pytest.raises(InputError, match=r"line 2: order is '\d{19,80}.*'; exp") as refused:
            read_table(path, schema)
        assert len(str(refused.value)) < 300


@FEW
@given(st.sampled_from(["study.seed", "study.name", "images.fit", "screen.width_cm", "sources",
                        "manipulation.second_opinion", "session", "session.practice"]),
       VALUES.filter(lambda one: one is not None))  # fmt: skip
def test_any_setting_is_read_or_refused(key, value):
    section, _, name = key.partition(".")
    said = json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf").replace("null", "0")
    ours(parse_settings, f"[{section}]\n{name} = {said}" if name else f"{section} = {said}")


@FEW
@given(st.binary(max_size=60), st.integers(0, 200))
def test_any_journal_and_any_catalogue_are_read_or_refused(tmp_path, damage, at):
    path = tmp_path / "x"
    for start, read in (
        (b'{"time": 1, "kind": "start"}\n{"time": 2, "kind": "trial"}\n', read_journal),
        (b"stim_id\tsource_id\tcondition\nx\ty\tz\n", read_catalogue),
    ):
        path.write_bytes(start[:at] + damage + start[at:])
        ours(read, path)


def test_a_journal_that_is_nested_without_end_is_named(tmp_path):
    path = tmp_path / "x"
    path.write_text('{"kind": ' + "[" * 100_000 + "\n{}\n")
    with pytest.raises(InputError, match="line 1: is damaged: it is not JSON"):
        read_journal(path)
