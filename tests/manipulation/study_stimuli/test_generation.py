"""Generation: what a study holds afterwards, what is refused, and what an interruption leaves."""

import json
import os
import re
import shutil

import numpy as np
import pytest
import torch

from manipulation import generate
from manipulation.images.log_density import entropy_bits, p_obj
from manipulation.images.photographs import resized, to_image
from manipulation.naturalness.region_statistics import STATISTICS, UsualRange, save_usual_range
from manipulation.saliency import load_saliency_model, save_saliency_model
from manipulation.saliency.models.model import NOT_STATED
from manipulation.study_stimuli.generation import generate_stimuli
from stimuli.contract.catalogue import read_catalogue, read_second_opinions
from stimuli.contract.catalogue_checks import check_stimuli
from stimuli.contract.orders import read_blocks
from stimuli.contract.settings import ManipulationSettings
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Block, Direction
from stimuli.demo import DEMO_ANNOTATIONS
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, read_log_saliency, sha256
from tests.small_study import propose_small_study

GUIDED = f'saliency = "{ManipulationSettings().saliency}"'


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A demo study whose stimuli are not made yet."""
    return propose_small_study(tmp_path_factory.mktemp("new") / "study", sources=3).root


@pytest.fixture
def new_study(untouched, tmp_path):
    return open_study(shutil.copytree(untouched, tmp_path / "study"))


@pytest.fixture(scope="module")
def made(untouched, tmp_path_factory):
    study = open_study(shutil.copytree(untouched, tmp_path_factory.mktemp("made") / "study"))
    generate_stimuli(study)
    return study


def contents(folder, pattern="**/*"):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.glob(pattern)
        if path.is_file() and "provenance" not in path.name
    }


def test_a_study_holds_three_stimuli_of_every_source_in_balanced_blocks(made):
    stimuli = read_catalogue(made.catalogue)
    assert len(stimuli) == 9
    check_stimuli(made.root, stimuli)
    assert all(digest for one in stimuli for digest in one.files.values())
    assert len(read_blocks(made.blocks)) == 3
    for source in made.settings.sources:
        mine = {s.direction: s for s in stimuli if s.source_id == source.source_id}
        assert mine[Direction.NONE].block == Block.ORIGINALS
        assert set(mine) == set(Direction) - {Direction.CONTROL}
        images = [read_image(made.root / s.image) for s in mine.values()]
        assert {image.shape for image in images} == {(256, 256, 3)}
        assert len({image.tobytes() for image in images}) == 3


def test_a_target_is_the_originals_saliency_shifted_inside_the_mask(made):
    rows = read_catalogue(made.catalogue)
    version = next(one for one in rows if len(one.targets) == 2)
    original = next(one for one in rows if one.source_id == version.source_id)
    expected = np.zeros((256, 256))
    for target in version.targets:
        mask = read_image(made.root / target.mask)[..., 0] > 127
        assert 0 < mask.mean() < 0.5
        expected += target.k_shift * mask
    assert set(np.unique(expected)) == {-2.0, 0.0, 2.0}
    # The original's prediction is for what is shown; the target starts from the photograph.
    opposite = version.target.replace("_increase", "_decrease")
    difference = read_log_saliency(made.root / version.target) - read_log_saliency(
        made.root / opposite
    )
    np.testing.assert_allclose(difference, 2 * expected, atol=1e-4)
    shown = read_log_saliency(made.root / original.prediction)
    shift = read_log_saliency(made.root / version.target) - expected - shown
    assert np.abs(shift - shift.mean()).mean() < 0.1


def test_a_study_carries_photographs_licences_and_provenance(made):
    entries = json.loads(DEMO_ANNOTATIONS.read_text())
    licences = {one["id"]: f"{one['name']} ({one['url']})" for one in entries["licenses"]}
    expected = {
        one["file_name"]: f"{licences[one['license']]}; credit: {one['credit']}"
        for one in entries["images"]
    }
    for stimulus in read_catalogue(made.catalogue):
        assert stimulus.licence == expected[stimulus.source_id]
    record = json.loads((made.stimuli / "generate.provenance.json").read_text())
    assert record["seeds"] == {"study": 0}
    assert record["settings"]["images"]["size_px"] == 256
    assert len(record["outputs"]) == 11
    methods = sha256(made.stimulus_methods)  # by which a copy knows that nobody changed the text
    assert record["outputs"]["stimuli/methods.txt"] == methods
    assert {"study.toml", "stimuli/sources/annotations.json"} <= set(record["inputs"])
    assert read_image(made.stimuli / "contact_sheet.png").std() > 20


def test_making_the_stimuli_again_gives_the_same_bytes(made, new_study):
    generate_stimuli(new_study)
    assert contents(new_study.root) == contents(made.root)


@pytest.mark.parametrize(
    ("call", "error"),
    [(7, KeyboardInterrupt), (60, OSError("No space left on device"))],
)
def test_what_is_interrupted_has_no_catalogue_and_goes_on_to_the_same_files(
    made, new_study, monkeypatch, error, call
):
    replace, calls = os.replace, []

    def broken(*arguments):
        calls.append(arguments)
        if len(calls) == call:
            raise error
        return replace(*arguments)

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(type(error) if isinstance(error, OSError) else error):
        generate_stimuli(new_study)
    assert not new_study.catalogue.exists()
    assert not list(new_study.root.rglob(".*writing*"))
    there = {path: path.stat().st_mtime_ns for path in new_study.stimuli.glob("*/*.*")}
    recorded = {path for path in there if path.parent.name not in ("made", "sources")}
    generate_stimuli(new_study)
    assert contents(new_study.root) == contents(made.root)
    again = {path for path in recorded if path.stat().st_mtime_ns != there[path]}
    assert len(again) <= 1  # a file whose record was not written any more


@pytest.fixture
def finished(made, tmp_path):
    return open_study(shutil.copytree(made.root, tmp_path / "finished"))


def written_by(study):
    """Names of the files that making a study writes, with the records of what was made."""
    files = [path for path in study.stimuli.glob("*/*") if path.is_file()]
    before = {path: path.stat().st_mtime_ns for path in files}
    generate_stimuli(study)
    return {
        f"{path.parent.name}/{path.name}"
        for path in study.stimuli.glob("*/*")
        if path.is_file() and before.get(path) != path.stat().st_mtime_ns
    }


def changed(study, old, new):
    text = study.settings_file.read_text()
    assert old in text
    study.settings_file.write_text(text.replace(old, new, 1))
    return open_study(study.root)


def judged_by(study, judges):
    """The study with other second opinions, as study.toml writes them."""
    text, line = study.settings_file.read_text(), f"second_opinion = {judges}"
    text, count = re.subn(r"(?m)^(# )?second_opinion = .*$", lambda _: line, text)
    assert count == 1
    study.settings_file.write_text(text)
    return open_study(study.root)


def test_what_is_there_and_as_asked_is_kept(made, finished, capsys):
    assert written_by(finished) == set()
    generate.main(["--study", str(finished.root)])
    assert "nothing was made anew" in capsys.readouterr().err
    assert contents(finished.root) == contents(made.root)


def test_a_changed_setting_makes_again_what_depends_on_it_alone(finished):
    version = read_catalogue(finished.catalogue)[2]
    assert version.direction == Direction.DECREASE
    aim = f"annotation_ids = [{version.targets[0].annotation_ids[0]}], k_shift = "
    # One version's shift: its target, its image and what follows, and nobody else's.
    written = written_by(changed(finished, aim + "-2.0", aim + "-0.1"))
    stim_id = version.stim_id
    assert written == {
        f"targets/{stim_id}.npz", f"versions/{stim_id}.png", f"images/{stim_id}.png",
        f"predictions/{stim_id}.npz", f"made/{stim_id}.json",
    }  # fmt: skip
    # No second opinion, in either form: figures alone.
    written = written_by(judged_by(finished, "[]"))
    assert {name.split("/")[0] for name in written} == {"made"}
    assert all(one.effect.transfer is None for one in read_catalogue(finished.catalogue))
    assert written_by(judged_by(finished, '"none"')) == set()
    # Another size as shown, and so other masks: everything.
    written = written_by(changed(finished, "size_px = 256", "size_px = 192"))
    assert {"images", "masks", "made", "predictions", "targets", "versions"} == {
        name.split("/")[0] for name in written
    }
    assert read_image(finished.root / version.image).shape == (192, 192, 3)


def test_versions_are_held_against_the_range_that_the_settings_name(finished, tmp_path):
    """A range far below everything: what a version raised is unusual, and only figures are new."""
    ends = dict.fromkeys(STATISTICS, -1000001.0), dict.fromkeys(STATISTICS, -1000000.0)
    save_usual_range(tmp_path / "usual.json", UsualRange(*ends, 300, 0.01), "nothing")
    usual = (tmp_path / "usual.json").as_posix()
    study = changed(finished, '# usual = "coco128"', f'usual = "{usual}"')
    assert {name.split("/")[0] for name in written_by(study)} == {"made"}
    for version in read_catalogue(study.catalogue):
        if version.targets:
            assert re.search(r" \+(9999|10000)\d\d\.\d", version.effect.unusual)


def test_a_source_that_leaves_the_study_takes_its_files_along(finished):
    stem = finished.settings.sources[-1].source_id
    text = finished.settings_file.read_text()
    finished.settings_file.write_text(text[: text.rindex("[[sources]]")])
    generate_stimuli(open_study(finished.root))
    assert [path.name for path in finished.stimuli.rglob(f"{stem}_*")] == []
    assert len(read_catalogue(finished.catalogue)) == 6


def test_what_was_damaged_or_left_half_written_is_made_again(made, finished):
    damaged = finished.root / read_catalogue(finished.catalogue)[1].image
    damaged.write_bytes(damaged.read_bytes()[:100])
    record = next((finished.stimuli / "made").glob("*_increase.json"))
    record.write_text("{")
    (finished.stimuli / "images" / ".writing-killed.png").write_bytes(b"half")
    generate_stimuli(finished)
    assert contents(finished.root) == contents(made.root)


def test_stimuli_that_were_seen_stay_as_they_are(finished):
    (finished.root / "sourcedata" / "sub-07").mkdir(parents=True)
    before = contents(finished.root)
    with pytest.raises(InputError, match="seen by 1 subject, such as sub-07"):
        generate_stimuli(changed(finished, "k_shift = -2.0", "k_shift = -1.5"))
    del before[finished.settings_file.relative_to(finished.root)]
    assert contents(finished.root).items() >= before.items()


def test_the_catalogue_tells_what_the_models_expect(made):
    chosen = made.settings.manipulation
    model = load_saliency_model(chosen.saliency)
    judges = {name: load_saliency_model(name) for name in chosen.judges}
    rows = {one.stim_id: one for one in read_catalogue(made.catalogue)}
    for version in rows.values():
        effect = version.effect
        density = torch.from_numpy(read_log_saliency(made.root / version.prediction))
        assert effect.entropy_bits == pytest.approx(entropy_bits(density))
        if version.direction == Direction.NONE:
            assert (effect.predicted_change, effect.transfer, version.transform) == (
                None,
                None,
                "none",
            )
            continue
        original = rows[f"{version.source_id}_original"]
        shown = [read_image(made.root / one.image) for one in (original, version)]
        mask = torch.from_numpy(read_image(made.root / version.targets[0].mask)[..., 0] > 127)

        def change(judge, shown=shown, mask=mask):
            seen = [resized(to_image(pixels), 128)[None] for pixels in shown]
            before, after = (
                p_obj(resized(judge.log_saliency(one)[0], 256), mask.float()) for one in seen
            )
            return after - before

        assert effect.predicted_change == pytest.approx(change(model), abs=1e-5)
        assert effect.second_changes.keys() == judges.keys()
        for name, seen in effect.second_changes.items():
            assert seen == pytest.approx(change(judges[name]), abs=1e-5)
        assert effect.transfer == pytest.approx(effect.second_change / effect.predicted_change)
        assert effect.agrees == (effect.second_change * effect.predicted_change > 0)
        assert version.moves_as_asked
        assert 0 < effect.feature_distance < 0.5
        assert 10 < effect.psnr_db < 60
        wished = torch.from_numpy(read_log_saliency(made.root / version.target))
        before = torch.from_numpy(read_log_saliency(made.root / original.prediction))
        assert effect.asked_change == pytest.approx(
            p_obj(wished, mask.float()) - p_obj(before, mask.float()), abs=1e-6
        )


def test_every_judge_has_its_column_and_the_least_counts(made, finished, tmp_path, capsys):
    mine, model = tmp_path / "my-own.safetensors", load_saliency_model("icf")
    model.data = NOT_STATED
    with torch.no_grad():
        model.blur.log_sigma.add_(0.5)
    save_saliency_model(mine, model)
    written = written_by(judged_by(finished, f'["icf", "{mine.as_posix()}"]'))
    assert {name.split("/")[0] for name in written} == {"made"}
    before = {one.stim_id: one.effect for one in read_catalogue(made.catalogue)}
    for version in read_catalogue(finished.catalogue):
        effect, alone = version.effect, before[version.stim_id]
        if version.direction == Direction.NONE:
            assert effect == alone
            continue
        assert list(effect.second_changes) == ["icf", "my_own"]
        assert effect.second_changes["icf"] == alone.second_changes["icf"]
        assert effect.predicted_change == alone.predicted_change
        least = min if version.direction == Direction.INCREASE else max
        assert effect.second_change == least(effect.second_changes.values())
    shares = read_second_opinions(finished.catalogue)
    assert list(shares) == ["icf", "my_own"]
    assert shares["my_own"] == "photographs not stated"
    generate.main(["--study", str(finished.root)])
    told = capsys.readouterr().err
    assert f"icf ({shares['icf']}) predicts the same direction for" in told
    assert "my_own (photographs not stated) predicts the same direction for" in told


def test_a_version_may_name_its_targets_by_category_and_its_own_transform(finished):
    source = finished.settings.sources[0]
    ids = source.versions[1].targets[0].annotation_ids
    annotations = json.loads((finished.root / source.annotations).read_text())
    entry = next(one for one in annotations["annotations"] if one["id"] == ids[0])
    names = {one["id"]: one["name"] for one in annotations["categories"]}
    category = names[entry["category_id"]]
    alike = [
        one["id"] for one in annotations["annotations"]
        if one["image_id"] == entry["image_id"] and one["category_id"] == entry["category_id"]
    ]  # fmt: skip
    old = f"annotation_ids = [{ids[0]}], k_shift = -2.0"
    study = changed(finished, old, f'category = "{category}", k_shift = -2.0')
    study = changed(study, "# steps = 20", "steps = 3")
    study = changed(study, 'direction = "decrease"', 'direction = "decrease", transform = "pixels"')
    written = written_by(study)
    version = read_catalogue(study.catalogue)[2]
    assert version.targets[0].annotation_ids == tuple(sorted(alike))
    assert version.transform == "pixels"
    assert f"versions/{version.stim_id}.png" in written
    with pytest.raises(InputError, match=r"no object of category 'dgo'; expected one of"):
        generate_stimuli(changed(study, f'category = "{category}"', 'category = "dgo"'))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("image_id = ", "image_id = 4", "has no image 4"),
        ("annotation_ids = [", "annotation_ids = [999, ", "annotation 999 of image"),
        ('photograph = "stimuli/sources/', 'photograph = "stimuli/lost/', "no such image"),
        (GUIDED, 'saliency = "scrach"', r"did you mean 'scratch'\?"),
        (
            GUIDED,
            'saliency = "icf"\nsecond_opinion = ["icf"]',
            "second_opinion is 'icf', the same weights",
        ),
        ("annotation_ids = [", 'category = "cup", annotation_ids = [', "expected one of the two"),
        (
            GUIDED,
            f'{GUIDED}\ntransform = "network"\nalso = ["icf"]\nsecond_opinion = "none"',
            "networks work against the model",
        ),
        (
            GUIDED,
            'transform = "network"\nshift_network = "fgtransform-scale"',
            "which was trained to scale; expected one trained with --manipulation shift",
        ),
        (
            GUIDED,
            'transform = "network"\nshift_network = "fgtransform-shfit"',
            "did you mean 'fgtransform-shift'",
        ),
        ('# upscale = "embedded"', 'upscale = "lost.pth"', "images.upscale is 'lost.pth'"),
    ],
)
def test_wrong_sources_are_named_before_anything_is_made(new_study, old, new, message):
    path = new_study.settings_file
    text = path.read_text().replace(f"# {GUIDED}", GUIDED)
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        generate_stimuli(open_study(new_study.root))
    assert not (new_study.stimuli / "images").exists()


def test_a_study_without_sources_says_where_they_come_from(new_study):
    path = new_study.settings_file
    path.write_text(path.read_text().split("[[sources]]")[0])
    with pytest.raises(InputError, match="names no sources"):
        generate_stimuli(open_study(new_study.root))
