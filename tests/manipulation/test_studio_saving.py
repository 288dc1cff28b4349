"""Saving from the studio: what study.toml holds then, what is refused, what an undo restores."""

import shutil
import tomllib

import pytest

from manipulation import generate
from manipulation.interactive import saving
from stimuli.catalogue import read_catalogue
from stimuli.errors import InputError
from stimuli.files import sha256
from stimuli.settings import TargetSettings, VersionSettings, parse_settings
from stimuli.study import open_study
from tests.small_study import found_small_study

WRITTEN = """\
# My study.
[study]
name = "a"  # keep this

[[sources]]  # the first
source_id = "cat"
photograph = "cat.png"
annotations = "a.json"
image_id = 1
versions = [
  # towards the eyes
  { direction = "increase", targets = [{ annotation_ids = [1], k_shift = 2.0 }, { category = "nose", k_shift = -1.0 }] }, # why not
  { direction = "decrease", targets = [{ annotation_ids = [1], k_shift = -2.0 }] },
]

[[sources]]
source_id = "sea"
photograph = "sea.png"
condition = "entropy"
versions = [{ direction = "increase", k_scale = 0.5 }, { direction = "decrease", k_scale = 2.0, targets = [] }]
# the end
"""  # noqa: E501

IN_TABLES = """\
[[sources]]
source_id = "cat"
photograph = "cat.png"
annotations = "a.json"

[[sources.versions]]
direction = "decrease"  # first
[[sources.versions.targets]]
annotation_ids = [1]
k_shift = -2  # in nats

[[sources.versions]]
direction = "increase"
k_scale = 1.5
[[sources.versions.targets]]
category = "eye"  # both
k_shift = 2.0

[screen]
distance_cm = 57.0
"""

EYE = TargetSettings(annotation_ids=(1,), k_shift=3.0)
FAR = TargetSettings(annotation_ids=(1,), k_shift=5.0)
TWO = TargetSettings(annotation_ids=(4, 5), k_shift=-0.5)
NOSE = TargetSettings(category="nose", k_shift=0.1)


@pytest.mark.parametrize("text", [WRITTEN, IN_TABLES, WRITTEN.replace("\n", "\r\n")])
@pytest.mark.parametrize("direction", ["increase", "decrease"])
@pytest.mark.parametrize(
    ("targets", "k_scale", "transform"),
    [((EYE,), 1.0, ""), ((EYE, NOSE), 0.75, "pixels"), ((NOSE, EYE, TWO), 2.0, "")],
)
def test_a_save_changes_one_version_and_nothing_else(text, direction, targets, k_scale, transform):
    version = VersionSettings(direction, targets, k_scale, transform)
    changed = saving.with_version(text, "cat", version)
    found, before = tomllib.loads(changed), tomllib.loads(text)
    assert version in parse_settings(changed).sources[0].versions
    for content in (found, before):
        versions = content["sources"][0]["versions"]
        versions[:] = [one for one in versions if one["direction"] != direction]
    assert found == before


def test_comments_and_spelling_stay():
    changed = saving.with_version(WRITTEN, "cat", VersionSettings("increase", (EYE, TWO)))
    kept = ["# My study.", "# keep this", "# the first", "# towards the eyes", "# why not"]
    assert all(comment in changed for comment in [*kept, "# the end"])
    lines = list(zip(WRITTEN.splitlines(), changed.splitlines(), strict=True))
    assert [old for old, new in lines if old != new] == [
        line for line in WRITTEN.splitlines() if "nose" in line
    ]


def test_scales_of_entropy_versions_are_saved():
    changed = saving.with_version(WRITTEN, "sea", VersionSettings("decrease", (), 3.0))
    assert changed == WRITTEN.replace("k_scale = 2.0", "k_scale = 3.0")


def test_what_is_there_already_changes_no_byte():
    version = parse_settings(WRITTEN).sources[0].versions[0]
    assert saving.with_version(WRITTEN, "cat", version) == WRITTEN


@pytest.mark.parametrize(
    ("source_id", "version", "message"),
    [
        ("dog", VersionSettings("increase", (EYE,)), "has no source 'dog'"),
        ("cat", VersionSettings("increase"), "has no targets"),
        ("sea", VersionSettings("increase", (EYE,)), "has targets; expected none"),
        ("cat", VersionSettings("increase", (FAR,)), "expected -4 to 4"),
        ("cat", VersionSettings("increase", (EYE,), 9.0), "expected 0.25 to 4"),
    ],
)
def test_versions_that_would_not_be_valid_are_refused(source_id, version, message):
    with pytest.raises(InputError, match=message):
        saving.with_version(WRITTEN, source_id, version)


@pytest.fixture(scope="module", autouse=True)
def _no_contact_sheets():
    """Contact sheets take most of the time and are of no interest here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("manipulation.stimulus_set.write_contact_sheets", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "study"
    study = found_small_study(folder, "--demo", "--sources", "2", size_px=128, steps=3)
    generate.generate(study)
    return study.root


@pytest.fixture
def study(untouched, tmp_path):
    return open_study(shutil.copytree(untouched, tmp_path / "study"))


def files(study):
    """Hashes of all that the stimuli consist of."""
    return {
        path.relative_to(study.root).as_posix(): sha256(path)
        for path in study.root.rglob("*")
        if path.is_file() and path.name != "generate.provenance.json"
    }


def quiet(*_):
    """Nobody watches."""


def another(study):
    """A source and another version of it."""
    source = study.settings.sources[0]
    target = TargetSettings(annotation_ids=source.versions[0].targets[0].annotation_ids, k_shift=1)
    return source.source_id, VersionSettings("increase", (target,))


def test_a_save_makes_that_version_alone_and_an_undo_brings_every_file_back(study):
    before = files(study)
    source_id, version = another(study)
    told = []
    assert saving.save(study, source_id, version, lambda *one: told.append(one))
    after = files(study)
    changed = {name for name in before if before[name] != after.get(name)}
    images = {name for name in changed if name.endswith((".png", ".npz"))}
    stim = f"{source_id}_increase"
    assert images == {
        f"stimuli/{folder}/{stim}.{kind}"
        for folder, kind in
        [("images", "png"), ("versions", "png"), ("targets", "npz"), ("predictions", "npz")]
    }  # fmt: skip
    (row,) = (one for one in read_catalogue(study.catalogue) if one.stim_id == stim)
    assert [target.k_shift for target in row.targets] == [1.0]
    assert told[0][:2] == (0, 2)
    assert told[-1][:2] == (2, 2)
    reopened = open_study(study.root)  # as after a restart
    assert saving.last_save(reopened).what == f"{source_id}, increase"
    saving.undo(reopened, quiet)
    assert files(study) == before
    assert saving.last_save(reopened) is None


def test_saves_are_undone_one_after_the_other(study):
    texts = [study.settings_file.read_text()]
    source_id, version = another(study)
    for k_scale in (1.5, 2.0):
        saving.save(study, source_id, VersionSettings("increase", version.targets, k_scale), quiet)
        texts.append(study.settings_file.read_text())
    for text in texts[-2::-1]:
        saving.undo(study, quiet)
        assert study.settings_file.read_text() == text
    with pytest.raises(InputError, match="nothing to undo"):
        saving.undo(study, quiet)


def test_a_save_of_what_is_there_makes_what_is_missing(study):
    source = study.settings.sources[0]
    image = study.stimuli / "images" / f"{source.source_id}_increase.png"
    before = sha256(image)
    image.unlink()
    assert not saving.save(study, source.source_id, source.versions[0], quiet)
    assert sha256(image) == before
    assert saving.last_save(study) is None


def test_an_undo_does_not_lose_what_other_hands_wrote(study):
    saving.save(study, *another(study), quiet)
    with study.settings_file.open("a") as file:
        file.write("# a note\n")
    before = files(study)
    with pytest.raises(InputError, match=r"was changed since .* was saved"):
        saving.undo(study, quiet)
    assert files(study) == before


def test_stimuli_that_somebody_has_seen_stay(study):
    saving.save(study, *another(study), quiet)
    (study.root / "sub-01").mkdir()
    before = files(study)
    for attempt in (
        lambda: saving.save(study, *another(study), quiet), lambda: saving.undo(study, quiet)
    ):  # fmt: skip
        with pytest.raises(InputError, match="have seen the stimuli"):
            attempt()
    assert files(study) == before


def test_a_version_that_cannot_be_made_changes_nothing(study):
    source_id, _ = another(study)
    before = files(study)
    lost = VersionSettings("increase", (TargetSettings(annotation_ids=(9999,), k_shift=1.0),))
    with pytest.raises(InputError, match="annotation 9999"):
        saving.save(study, source_id, lost, quiet)
    assert files(study) == before


def test_a_save_that_is_interrupted_can_be_finished_or_undone(study):
    before = files(study)

    def interrupt(done, *_):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        saving.save(study, *another(study), interrupt)
    assert not study.catalogue.exists()
    again = shutil.copytree(study.root, study.root.parent / "again")
    saving.undo(study, quiet)
    assert files(study) == before
    assert not saving.save(open_study(again), *another(study), quiet)
    saving.undo(open_study(again), quiet)
    assert files(open_study(again)) == before
