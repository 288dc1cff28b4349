"""study.toml: defaults are the paper's, and every wrong entry is named with its repair."""

import dataclasses
from dataclasses import replace

import pytest

from stimuli.contract.settings import (
    DesignSettings,
    ImageSettings,
    ManipulationSettings,
    ObserverSettings,
    PixelSettings,
    Settings,
    SourceSettings,
    StudySettings,
    TargetSettings,
    VersionSettings,
    parse_settings,
)
from stimuli.contract.templates import settings_template, sources_text
from stimuli.contract.vocabulary import Block, Transform
from stimuli.support.errors import InputError

SOURCE = SourceSettings(
    "coffee", "stimuli/sources/coffee.png", "stimuli/sources/annotations.json", 3, "object",
    (
        VersionSettings(
            "increase", (TargetSettings((1, 2), 2.5), TargetSettings((), -1.0, "dog")), 1.5
        ),
        VersionSettings("decrease", (TargetSettings((1, 2), -2.0),), transform="pixels"),
    ),
)  # fmt: skip


def test_an_empty_file_states_the_papers_experiment():
    settings = parse_settings("")
    assert (settings.screen.width_px, settings.screen.height_px) == (1920, 1080)
    assert (settings.screen.refresh_hz, settings.screen.distance_cm) == (120, 60)
    assert (settings.session.image_s, settings.session.blank_s) == (3, 2)
    assert (settings.tracker.sample_rate_hz, settings.tracker.eye) == (500, "left")
    assert (settings.images.size_px, settings.images.model_px) == (1024, 512)


def test_the_template_states_the_defaults_even_when_every_comment_is_taken_away():
    text = settings_template(Settings(study=StudySettings("a study", 5)))
    expected = dataclasses.replace(Settings(), study=StudySettings("a study", 5))
    assert parse_settings(text) == expected
    uncommented = "\n".join(line.removeprefix("# ") for line in text.splitlines()[1:])
    assert parse_settings(uncommented) == expected


def test_a_number_beyond_all_floats_is_refused():
    with pytest.raises(InputError, match="fidelity is beyond any number that is computed with"):
        PixelSettings(fidelity=10**400)


def test_sources_survive_being_written_and_read():
    assert parse_settings(sources_text([SOURCE])).sources == (SOURCE,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[screen]\ndistance_cm = 600", r"screen.distance_cm is 600; expected 20 to 200 "
         r"\(did you mean 60\?\)"),
        ("[screen]\ndistance_cm = 0.6", r"did you mean 60\?"),
        ("[session]\nimage_s = 3000", r"did you mean 3\?"),
        ("[screen]\ngrey = 128", "expected 0 to 1"),
        ("[screen]\ndistanc_cm = 60", r"did you mean 'distance_cm'\?"),
        ("[sceen]\n", r"did you mean 'screen'\?"),
        ("[tracker]\neye = 'Left'", r"one of left, right \(did you mean 'left'\?\)"),
        ("[images]\nsize_px = 512.0", "expected a whole number"),
        ("[study]\nseed = true", "expected a whole number"),
        ("[study]\nname = 3", "expected text"),
        ("[screen]\ndistance_cm = nan", "expected 20 to 200"),
        ("screen = 3", "expected a table"),
        ("sources = 3", "expected a list"),
        ("[screen", "not TOML"),
        ("[images]\nsize_px = 1200", "at most the screen's 1080"),
        ("[observer]\nfollows_model = 0.9\nfollows_centre = 0.9", "at most 1"),
        ("[[sources]]\nsource_id = 'a'", "photograph is missing"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_named_with_its_repair(text, message):
    with pytest.raises(InputError, match=message):
        parse_settings(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source_id": "../x"}, "letters and digits"),
        ({"versions": SOURCE.versions[:1]}, "one to increase and one to decrease"),
        ({"condition": "entropy"}, "has targets"),
        ({"versions": tuple(VersionSettings(d) for d in ("increase", "decrease"))}, "no targets"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        parse_settings(sources_text([dataclasses.replace(SOURCE, **change)]))


def test_a_source_that_occurs_twice_is_refused():
    with pytest.raises(InputError, match="coffee occurs twice"):
        parse_settings(sources_text([SOURCE, SOURCE]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ManipulationSettings(k_shift=99),
            "ManipulationSettings.k_shift is 99; exp",
        ),
        (lambda: ManipulationSettings(transform="nonsense"), "expected one of edits, network, pix"),
        (lambda: replace(ManipulationSettings(), also="icf"), "also is 'icf'; expected a list"),
        (lambda: TargetSettings((1,), k_shift=5.0), "k_shift is 5.0; expected -4 to 4"),
        (
            lambda: TargetSettings(),
            "and category ''; expected one of the two",
        ),
        (lambda: VersionSettings("increase", k_scale=9), "k_scale is 9; expected 0.25 to 4"),
        (lambda: VersionSettings("up"), "direction is 'up'; expected one of increase, decrease"),
        (lambda: ObserverSettings(follows_model=0.9), "expected at most 1"),
        (
            lambda: Settings(images=ImageSettings(size_px=2048)),
            "at most the screen's 1080",
        ),
    ],
)
def test_settings_from_python_are_checked_like_those_from_a_file(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"icf"', ("icf",)),
        ('"none"', ()),
        ("[]", ()),
        ('["none"]', ()),
        ('["icf", "mine.safetensors"]', ("icf", "mine.safetensors")),
    ],
)
def test_second_opinions_may_be_written_as_studies_of_before_did(written, read):
    settings = parse_settings(f"[manipulation]\nsecond_opinion = {written}")
    assert settings.manipulation.second_opinion == read


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('["icf", "icf"]', "study.toml: manipulation.second_opinion names 'icf' twice"),
        ("3", "second_opinion is 3; expected a list"),
        ("[3]", r"second_opinion\[1\] is 3; expected text"),
    ],
)
def test_second_opinions_that_make_no_sense_are_refused(written, message):
    with pytest.raises(InputError, match=message):
        parse_settings(f"[manipulation]\nsecond_opinion = {written}")


def test_values_from_python_become_what_the_fields_hold():
    made = ManipulationSettings(k_shift=1, also=["icf"], transform="pixels")
    assert (made.k_shift, made.also, made.transform) == (1.0, ("icf",), Transform.PIXELS)
    assert isinstance(made.k_shift, float)
    assert isinstance(made.transform, Transform)


def test_controls_are_stated_where_there_are_any_and_left_out_by_a_source():
    named = StudySettings("mine", 3)
    assert not parse_settings(settings_template(Settings(study=named))).design.controls
    stated = (
        settings_template(Settings(study=named, design=DesignSettings(controls=True)))
        + "\n"
        + sources_text([SOURCE])
    )
    settings = parse_settings(stated)
    assert settings.has_control(settings.sources[0])
    assert settings.blocks == tuple(Block)
    assert "control =" not in sources_text([SOURCE])
    without = replace(SOURCE, source_id="tea", control=False)
    both = parse_settings(stated + sources_text([without]))
    assert [both.has_control(one) for one in both.sources] == [True, False]
    assert replace(both, design=DesignSettings()).blocks == tuple(Block)[:3]
    with pytest.raises(InputError, match=r"design\.controls is true, and no source"):
        replace(settings, sources=(without,))


def test_what_was_not_measured_is_said_in_words_and_is_none():
    text = '[screen]\ngamma = "not measured"\nluminance_cd_m2 = 120'
    screen = parse_settings(text).screen
    assert (screen.gamma, screen.luminance_cd_m2, screen.grey_cd_m2) == (None, 120.0, None)
    assert '# gamma = "not measured"' in settings_template(Settings())
    with pytest.raises(InputError, match="gamma is 'unknown'; expected a number"):
        parse_settings('[screen]\ngamma = "unknown"')
