"""A version is changed in the text of study.toml, and comments and all else stay as they are."""

import tomllib

import pytest

from manipulation.new_study.study_text import with_version
from stimuli.contract.settings import TargetSettings, VersionSettings, parse_settings
from stimuli.support.errors import InputError

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
TWO = TargetSettings(annotation_ids=(4, 5), k_shift=-0.5)
NOSE = TargetSettings(category="nose", k_shift=0.1)


@pytest.mark.parametrize("text", [WRITTEN, IN_TABLES, WRITTEN.replace("\n", "\r\n")])
@pytest.mark.parametrize("direction", ["increase", "decrease"])
@pytest.mark.parametrize(
    ("targets", "k_scale", "transform"),
    [((EYE,), 1.0, None), ((EYE, NOSE), 0.75, "pixels"), ((NOSE, EYE, TWO), 2.0, None)],
)
def test_a_save_changes_one_version_and_nothing_else(text, direction, targets, k_scale, transform):
    version = VersionSettings(direction, targets, k_scale, transform)
    changed = with_version(text, "cat", version)
    found, before = tomllib.loads(changed), tomllib.loads(text)
    assert version in parse_settings(changed).sources[0].versions
    for content in (found, before):
        versions = content["sources"][0]["versions"]
        versions[:] = [one for one in versions if one["direction"] != direction]
    assert found == before


def test_comments_and_spelling_stay():
    changed = with_version(WRITTEN, "cat", VersionSettings("increase", (EYE, TWO)))
    kept = ["# My study.", "# keep this", "# the first", "# towards the eyes", "# why not"]
    assert all(comment in changed for comment in [*kept, "# the end"])
    lines = list(zip(WRITTEN.splitlines(), changed.splitlines(), strict=True))
    assert [old for old, new in lines if old != new] == [
        line for line in WRITTEN.splitlines() if "nose" in line
    ]


def test_scales_of_entropy_versions_are_saved():
    changed = with_version(WRITTEN, "sea", VersionSettings("decrease", (), 3.0))
    assert changed == WRITTEN.replace("k_scale = 2.0", "k_scale = 3.0")


def test_what_is_there_already_changes_no_byte():
    version = parse_settings(WRITTEN).sources[0].versions[0]
    assert with_version(WRITTEN, "cat", version) == WRITTEN


@pytest.mark.parametrize(
    ("source_id", "version", "message"),
    [
        ("dog", VersionSettings("increase", (EYE,)), "has no source 'dog'"),
        ("cat", VersionSettings("increase"), "has no targets"),
        ("sea", VersionSettings("increase", (EYE,)), "has targets; expected none"),
    ],
)
def test_versions_that_would_not_be_valid_are_refused(source_id, version, message):
    with pytest.raises(InputError, match=message):
        with_version(WRITTEN, source_id, version)


def test_a_file_of_an_editor_that_marks_utf_8_is_read_and_saved():
    version = VersionSettings("increase", (EYE,), 1.0, None)
    changed = with_version(f"\ufeff{WRITTEN}", "cat", version)
    assert parse_settings(f"\ufeff{changed}") == parse_settings(changed)
