"""The catalogue and the block orders survive writing and reading, and contradictions are named."""

import dataclasses
import json
import math

import numpy as np
import pytest

from stimuli.contract.catalogue import (
    edits_as_json,
    read_catalogue,
    read_second_opinions,
    write_catalogue,
)
from stimuli.contract.catalogue_checks import check_catalogue, check_images, check_stimuli
from stimuli.contract.geometry import Rectangle
from stimuli.contract.orders import read_blocks, write_blocks
from stimuli.contract.vocabulary import (
    Block,
    Condition,
    ControlRegion,
    Direction,
    PredictedEffect,
    Stimulus,
    Target,
    blocks_in_use,
    subject_label,
)
from stimuli.support import files
from stimuli.support.errors import InputError
from stimuli.support.files import sha256, write_image


def targets(source):
    return (
        Target((3, 4), 2.0, f"stimuli/masks/{source}_3-4.png"),
        Target((9,), -0.1, f"stimuli/masks/{source}_9.png"),
    )


def stimulus(source, block, condition, direction, targets=()):
    name = f"{source}_{block}"
    return Stimulus(
        name, source, condition, direction, block, targets, 1.0, f"stimuli/images/{name}.png",
        None if direction == Direction.NONE else f"stimuli/targets/{name}.npz",
        f"stimuli/predictions/{name}.npz", "0" * 64, "1" * 64, "2" * 64, "CC BY 2.0 (https://x)",
    )  # fmt: skip


@pytest.fixture
def stimuli():
    return tuple(
        made
        for source in ("cup", "tree")
        for made in (
            stimulus(source, Block.ORIGINALS, Condition.ORIGINAL, Direction.NONE),
            dataclasses.replace(
                stimulus(
                    source, Block.VERSIONS_1, Condition.OBJECT, Direction.INCREASE, targets(source)
                ),
                transform="edits",
                edits={"3+4": {"exposure": 0.25}, "rest": {"exposure": -0.1}},
                effect=PredictedEffect(
                    0.3, 0.4, 0.2, {"icf": 0.05, "mine": 0.15}, 12.5, 31.5, 0.0, 0.01
                ),
            ),
            stimulus(source, Block.VERSIONS_2, Condition.ENTROPY, Direction.DECREASE),
        )
    )


def test_the_catalogue_survives_being_written_and_read(tmp_path, stimuli):
    write_catalogue(tmp_path / "stimuli.tsv", stimuli)
    assert read_catalogue(tmp_path / "stimuli.tsv") == stimuli


def test_where_a_photograph_lies_survives_and_a_table_without_it_has_no_column(tmp_path, stimuli):
    path, place = tmp_path / "stimuli.tsv", Rectangle(0, 170, 1024, 683)
    whole = tuple(dataclasses.replace(one, photograph_px=place) for one in stimuli)
    write_catalogue(path, whole)
    assert read_catalogue(path) == whole
    assert "photograph_px" in json.loads(path.with_suffix(".json").read_text())
    write_catalogue(path, stimuli)
    assert "photograph_px" not in path.read_text().splitlines()[0].split("\t")
    assert "photograph_px" not in json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("cell", ["exposure 0.25", "[1]", '{"3+4": {"exposure": "strong"}}'])
def test_edits_that_cannot_be_read_are_named(tmp_path, stimuli, cell):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, stimuli)
    path.write_text(path.read_text().replace(edits_as_json(stimuli[1].edits), cell, 1))
    with pytest.raises(InputError, match=r"line 3: edits is .*; expected JSON, by region"):
        read_catalogue(path)


@pytest.mark.parametrize("cell", ["0;170;1024", "0;170;1024;x", "0;170;0;683", "-1;0;9;9"])
def test_a_wrong_place_of_a_photograph_is_named(tmp_path, stimuli, cell):
    path, place = tmp_path / "stimuli.tsv", Rectangle(0, 170, 1024, 683)
    write_catalogue(path, [dataclasses.replace(one, photograph_px=place) for one in stimuli])
    path.write_text(path.read_text().replace("0;170;1024;683", cell, 1))
    with pytest.raises(InputError, match=rf"line 2: photograph_px is '{cell}'; expected left"):
        read_catalogue(path)


def test_transfer_is_the_share_of_the_change_that_a_second_model_sees(stimuli):
    told = dataclasses.replace(stimuli[1].effect, second_changes={"icf": 0.05})
    assert (told.second_change, told.transfer, told.agrees) == (0.05, 0.25, True)
    assert not dataclasses.replace(told, second_changes={"icf": -0.1}).agrees
    alone = dataclasses.replace(told, second_changes={})
    assert (alone.least, alone.second_change, alone.transfer, alone.agrees) == (None,) * 4
    still = dataclasses.replace(told, predicted_change=0.0)
    assert (still.transfer, still.agrees) == (None, None)


@pytest.mark.parametrize(
    ("asked", "predicted", "changes", "least", "agrees"),
    [
        (0.4, 0.2, {"a": 0.1, "b": 0.05, "c": 0.15}, "b", True),
        (0.4, 0.2, {"a": 0.1, "b": 0.05, "c": -0.01}, "c", False),
        (-0.4, -0.2, {"a": -0.1, "b": -0.05, "c": -0.15}, "b", True),
        (-0.4, -0.2, {"a": -0.1, "b": 0.02, "c": 0.01}, "b", False),
        (-0.4, 0.1, {"a": -0.1, "b": 0.02}, "b", True),  # the guide's went against what was asked
        (0.4, 0.0, {"a": 0.1, "b": 0.05}, "b", None),
    ],
)
def test_the_least_is_of_the_model_that_sees_the_smallest_change_in_the_asked_direction(
    asked, predicted, changes, least, agrees
):
    effect = PredictedEffect(0.3, asked, predicted, changes)
    assert (effect.least, effect.agrees) == (least, agrees)
    assert effect.second_change == changes[least]
    assert effect.transfer == (changes[least] / predicted if predicted else None)


def test_every_model_has_a_column_whose_description_says_what_it_shares(tmp_path, stimuli):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, stimuli, {"icf": "shares OSIE", "mine": ""})
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    place = lines[0].index("second_change")
    assert lines[0][place : place + 3] == [
        "second_change", "second_change_icf", "second_change_mine",
    ]  # fmt: skip
    assert lines[2][place : place + 3] == ["0.05", "0.05", "0.15"]
    assert lines[1][place : place + 3] == ["n/a"] * 3
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert sidecar["second_change_icf"]["Description"].endswith("; shares OSIE")
    assert "least of the changes" in sidecar["second_change"]["Description"]
    assert "second_change_" not in sidecar
    assert read_second_opinions(path) == {"icf": "shares OSIE", "mine": ""}
    assert read_catalogue(path) == stimuli


def test_a_catalogue_with_one_column_for_the_second_opinion_can_be_read(tmp_path, stimuli):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, stimuli)
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    kept = [n for n, name in enumerate(rows[0]) if not name.startswith("second_change_")]
    path.write_text("".join("\t".join(row[n] for n in kept) + "\n" for row in rows))
    path.with_suffix(".json").unlink()
    effect = read_catalogue(path)[1].effect
    assert (effect.second_changes, effect.second_change) == ({"unnamed": 0.05}, 0.05)
    assert read_second_opinions(path) == {}


def test_a_catalogue_of_before_there_were_prognoses_can_be_read(tmp_path, stimuli):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, stimuli)
    width = path.read_text().split("\n")[0].split("\t").index("transform")
    lines = ["\t".join(line.split("\t")[:width]) for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    assert read_catalogue(path) == tuple(
        dataclasses.replace(one, transform="none", effect=None, edits={}) for one in stimuli
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"block": Block.ORIGINALS}, "does not hold every source exactly once"),
        ({"stim_id": "cup_originals"}, "occurs twice"),
        ({"image": "../../etc/passwd"}, "leaves the folder"),
        ({"prediction": "/etc/passwd"}, "leaves the folder"),
        ({"stim_id": "a b"}, "letters and digits"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_not_written(tmp_path, stimuli, change, message):
    wrong = (*stimuli[:-1], dataclasses.replace(stimuli[-1], **change))
    with pytest.raises(InputError, match=message):
        write_catalogue(tmp_path / "stimuli.tsv", wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("k_scale", "kscale", "column 'k_scale' is missing.*did you mean 'kscale'"),
        ("\tentropy\t", "\tentrpy\t", r"line 4: condition is 'entrpy'.*did you mean 'entropy'"),
        ("\t1.0\t", "\tone\t", "k_scale is 'one'; expected a number"),
        ("2.0;-0.1", "2.0", "name 2, 1, 2 targets"),
        ("3+4;9", "3+x;9", "a target cannot be read"),
        ("stimuli/images/cup_versions-1.png", "n/a", "image is n/a; expected a value"),
        ("\tCC BY 2.0 (https://x)\tedits", "\tedits", "is the file complete"),
        ("\tedits\t{", "\tedit\t{", r"transform is 'edit'.*did you mean 'edits'"),
    ],
)
def test_a_damaged_catalogue_is_named_by_line(tmp_path, stimuli, old, new, message):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, stimuli)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_catalogue(path)


def test_orders_survive_and_a_repeated_block_is_refused(tmp_path):
    orders = (tuple(Block), tuple(Block)[::-1])
    write_blocks(tmp_path / "blocks.tsv", orders)
    assert read_blocks(tmp_path / "blocks.tsv") == orders
    write_blocks(tmp_path / "blocks.tsv", [(Block.ORIGINALS, Block.ORIGINALS, Block.VERSIONS_1)])
    with pytest.raises(InputError, match="once"):
        read_blocks(tmp_path / "blocks.tsv")


def test_three_blocks_are_written_without_a_fourth_column(tmp_path):
    write_blocks(tmp_path / "blocks.tsv", [blocks_in_use(controls=False)])
    assert (tmp_path / "blocks.tsv").read_text().splitlines()[0] == "order\tfirst\tsecond\tthird"
    assert "versions-3" not in (tmp_path / "blocks.json").read_text()


@pytest.fixture
def controlled():
    """A source with a control, and one for the entropy that is left out of the second versions."""
    region = ControlRegion("stimuli/masks/c.png", None, -4.0, 7.5, 1.0, -0.25, "k_shift +2", 0.125)
    aim = Target((3,), 0.0, "stimuli/masks/a.png")
    pairs = (
        (Block.ORIGINALS, Direction.NONE), (Block.VERSIONS_1, Direction.INCREASE),
        (Block.VERSIONS_3, Direction.DECREASE),
    )  # fmt: skip
    cup, tree = (
        [
            stimulus(source, block, Condition.ORIGINAL if n == 0 else aims, direction)
            for n, (block, direction) in enumerate(pairs)
        ]
        for source, aims in (("cup", Condition.OBJECT), ("tree", Condition.ENTROPY))
    )
    control = stimulus("cup", Block.VERSIONS_2, Condition.OBJECT, Direction.CONTROL, (aim,))
    return (*cup, dataclasses.replace(control, target=None, control=region), *tree)


def test_controls_survive_being_written_and_read(tmp_path, controlled):
    write_catalogue(tmp_path / "stimuli.tsv", controlled)
    assert read_catalogue(tmp_path / "stimuli.tsv") == controlled
    levels = json.loads((tmp_path / "stimuli.json").read_text())["direction"]["Levels"]
    assert "control" in levels


def test_a_catalogue_without_controls_has_no_columns_and_no_levels_of_them(tmp_path, stimuli):
    write_catalogue(tmp_path / "stimuli.tsv", stimuli)
    header = (tmp_path / "stimuli.tsv").read_text().splitlines()[0]
    sidecar = json.loads((tmp_path / "stimuli.json").read_text())
    assert "control" not in header
    assert not [name for name in sidecar if name.startswith("control")]
    assert list(sidecar["direction"]["Levels"]) == ["none", "increase", "decrease"]
    assert list(sidecar["block"]["Levels"]) == ["originals", "versions-1", "versions-2"]


def test_a_control_without_its_region_or_outside_its_block_is_refused(tmp_path, controlled):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, controlled)
    text = path.read_text()
    path.write_text(text.replace("\t0.125", "\tn/a"))
    with pytest.raises(InputError, match="line 5: control_p_obj_change is n/a"):
        read_catalogue(path)
    path.write_text(text.replace("control\tversions-2", "control\tversions-3"))
    with pytest.raises(InputError, match="does not hold every source exactly once"):
        read_catalogue(path)


def test_a_changed_or_missing_image_is_found(tmp_path, stimuli):
    first = stimuli[0]
    with pytest.raises(InputError, match="is missing"):
        check_images(tmp_path, [first])
    write_image(tmp_path / first.image, np.zeros((4, 4, 3), dtype=np.uint8))
    with pytest.raises(InputError, match="has changed"):
        check_images(tmp_path, [first])
    unchanged = dataclasses.replace(first, image_sha256=sha256(tmp_path / first.image))
    check_images(tmp_path, [unchanged])


def hashed(stimuli):
    """The same with a SHA-256 of every file that a row names."""
    return tuple(
        dataclasses.replace(
            one,
            targets=tuple(dataclasses.replace(t, mask_sha256="a" * 64) for t in one.targets),
            target_sha256=one.target and "b" * 64,
            prediction_sha256="c" * 64,
            control=one.control and dataclasses.replace(one.control, mask_sha256="d" * 64),
        )
        for one in stimuli
    )


def test_hashes_of_all_files_survive_and_a_catalogue_without_them_has_no_column(
    tmp_path, stimuli, controlled
):
    path = tmp_path / "stimuli.tsv"
    for rows in (stimuli, controlled):
        write_catalogue(path, hashed(rows))
        assert read_catalogue(path) == hashed(rows)
        write_catalogue(path, rows)
        header = path.read_text().splitlines()[0].split("\t")
        assert [name for name in header if name.endswith("sha256")] == [
            "image_sha256", "source_sha256", "checkpoint_sha256",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2.0;-0.1", "nan;-0.1", "cup_versions-1: k_shift is nan; expected -4 to 4"),
        ("2.0;-0.1", "2.0;inf", "k_shift is inf; expected -4 to 4"),
        ("2.0;-0.1", "99.0;-0.1", "k_shift is 99; expected -4 to 4"),
        ("2.0;-0.1", "-2.0;-0.1", "first target is -2, and its direction increase; expected 0 or"),
        ("\t1.0\t", "\tnan\t", "k_scale is nan; expected 0.25 to 4"),
        ("\t1.0\t", "\t-1.0\t", "k_scale is -1; expected 0.25 to 4"),
        (
            "masks/cup_9.png",
            "masks/tree_9.png",
            "which is the mask of source tree; expected",
        ),
        ("masks/cup_9.png", "images/cup_originals.png", "is no mask but an image"),
        ("masks/cup_9.png", "predictions/tree_originals.npz", "is no mask but an image or a map"),
        (f"{'a' * 64};{'a' * 64}", "a" * 64, "mask_sha256 has 1 entries; expected 2"),
    ],
)
def test_a_catalogue_that_would_silently_mean_something_else_is_refused(
    tmp_path, stimuli, old, new, message
):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, hashed(stimuli))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_catalogue(path)


def test_a_mask_of_two_sources_whose_names_say_nothing_is_refused(tmp_path, stimuli):
    path = tmp_path / "stimuli.tsv"
    write_catalogue(path, stimuli)
    path.write_text(path.read_text().replace("cup_9.png", "x.png").replace("tree_9.png", "x.png"))
    with pytest.raises(InputError, match="is the mask of source cup; expected one of tree"):
        read_catalogue(path)


def test_a_bit_that_flips_in_any_file_of_the_catalogue_is_found(tmp_path, controlled):
    rows = []
    for one in controlled:
        for name in one.files:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(name.encode())
        at = {name: sha256(tmp_path / name) for name in one.files}
        aims = [dataclasses.replace(t, mask_sha256=at[t.mask]) for t in one.targets]
        rows.append(
            dataclasses.replace(
                one, image_sha256=at[one.image], target_sha256=at.get(one.target),
                prediction_sha256=at[one.prediction], targets=tuple(aims),
                control=one.control
                and dataclasses.replace(one.control, mask_sha256=at[one.control.mask]),
            )
        )  # fmt: skip
    check_stimuli(tmp_path, rows)
    names = sorted({name for one in rows for name in one.files})
    assert len(names) == 7 + 7 + 4 + 2  # images, predictions, targets, masks
    for name in names:
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        with pytest.raises(InputError, match=f"{name}: has changed since"):
            check_stimuli(tmp_path, rows)
        (tmp_path / name).write_bytes(whole)
    check_stimuli(tmp_path, rows)


@pytest.mark.parametrize("kind", ["target", "prediction", "mask"])
def test_a_hash_that_the_other_rows_have_is_missed(tmp_path, stimuli, kind):
    rows = [
        dataclasses.replace(
            one, target_sha256=one.target and "b" * 64, prediction_sha256="c" * 64,
            targets=tuple(dataclasses.replace(t, mask_sha256="a" * 64) for t in one.targets),
            control=one.control and dataclasses.replace(one.control, mask_sha256="d" * 64),
        )
        for one in stimuli
    ]  # fmt: skip
    check_catalogue(rows, tmp_path / "stimuli" / "stimuli.tsv")
    at = next(at for at, one in enumerate(rows) if one.targets)
    without = {"targets": stimuli[at].targets} if kind == "mask" else {f"{kind}_sha256": None}
    rows[at] = dataclasses.replace(rows[at], **without)
    with pytest.raises(InputError, match=f"{rows[at].stim_id} has no SHA-256 of its {kind} "):
        check_catalogue(rows, tmp_path / "stimuli" / "stimuli.tsv")


def test_files_are_hashed_once_in_a_process(tmp_path, stimuli, monkeypatch):
    first, hashings = stimuli[0], []
    write_image(tmp_path / first.image, np.zeros((4, 4, 3), dtype=np.uint8))
    unchanged = dataclasses.replace(first, image_sha256=sha256(tmp_path / first.image))

    def counted(path):
        hashings.append(path)
        return sha256(path)

    monkeypatch.setattr(files, "sha256", counted)
    for _ in range(3):
        check_stimuli(tmp_path, [unchanged])
    assert len(hashings) == 1


@pytest.mark.parametrize(("given", "label"), [("07", "07"), (7, "07"), ("123", "123"), ("1", "01")])
def test_a_subject_is_a_number(given, label):
    assert subject_label(given) == label


@pytest.mark.parametrize("given", ["../../x", "", "0", "00", "7a", "-1", "Anna", "1234567", "７"])
def test_nothing_else_is_a_subject(given):
    with pytest.raises(InputError, match="participant's number"):
        subject_label(given)


def test_a_version_that_is_its_original_has_no_strength():
    same, other = PredictedEffect(0.3, psnr_db=math.inf), PredictedEffect(0.3, psnr_db=54.0)
    assert [one.shown_with(0.4, None).strength for one in (same, other)] == [0.0, 0.4]
