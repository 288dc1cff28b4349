"""``study.toml``: every choice of a study, as frozen dataclasses that check themselves.

What the file leaves out has the default below, which is the paper's value where the paper gives
one. An unknown key, a wrong type and a value out of range are errors that name the key, the value,
what was expected and, where it can be guessed, the repair.
"""

import dataclasses
import math
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

from stimuli.errors import InputError, nearest
from stimuli.geometry import Placement, Screen, centred
from stimuli.vocabulary import Condition, Direction, checked_name


def _setting(default, help: str, low=None, high=None, choices=()):
    metadata = {"help": help, "low": low, "high": high, "choices": tuple(choices)}
    return field(default=default, metadata=metadata)


def _required(help: str, choices=()):
    return field(metadata={"help": help, "low": None, "high": None, "choices": tuple(choices)})


@dataclass(frozen=True)
class StudySettings:
    """What the study is called, and its seed."""

    name: str = _setting("guiding-gaze", "name of the study")
    seed: int = _setting(0, "every random choice of the study follows from it", 0, 2**31 - 1)


@dataclass(frozen=True)
class ImageSettings:
    """How photographs become images, and in which sizes."""

    size_px: int = _setting(1024, "side of the square image as shown", 64, 8192)
    model_px: int = _setting(512, "side of the image that the networks see", 32, 4096)
    fit: str = _setting(
        "crop", "how a photograph becomes square: largest centred square, or stretched",
        choices=("crop", "stretch"),
    )  # fmt: skip
    upscale: str = _setting(
        "bicubic", "from model_px to size_px, originals and versions alike", choices=("bicubic",)
    )


@dataclass(frozen=True)
class ManipulationSettings:
    """What guides the changes and what makes them."""

    saliency: str = _setting("embedded", "saliency model that guides the changes: a name or a file")
    transform: str = _setting("edits", "what changes the image", choices=("edits",))
    k_shift: float = _setting(2.0, "shift of log saliency in proposed versions, in nats", 0, 4)
    k_scale: float = _setting(
        2.0, "scale of log saliency in proposed versions: this to gather gaze, 1/this to spread it",
        1, 4,
    )  # fmt: skip
    mask_blur_px: float = _setting(
        0.0, "Gaussian blur of the masks in targets, in pixels of model_px; 0 for stimuli", 0, 100
    )


@dataclass(frozen=True)
class EditSettings:
    """The search for parametric edits."""

    steps: int = _setting(30, "steps of the optimiser", 1, 2000)
    step_size: float = _setting(0.2, "step size of Adam, in units of the bounded edits", 1e-4, 1.0)
    strength: float = _setting(1.0, "factor on the bounds of every edit; 0 forbids all", 0, 2)
    naturalness: float = _setting(0.02, "weight of the penalty on large edits", 0, 10)
    feather: float = _setting(0.012, "width of the soft mask edge, as a share of the side", 0, 0.2)


@dataclass(frozen=True)
class DesignSettings:
    """Order of blocks and trials."""

    orders: str = _setting(
        "latin-square", "orders of the three blocks over subjects: 3, or all 6",
        choices=("latin-square", "williams"),
    )  # fmt: skip
    longest_run: int = _setting(
        4, "most trials of one condition and direction in a row, in blocks of versions", 1, 100
    )


@dataclass(frozen=True)
class ScreenSettings:
    """The screen and the eye before it; defaults are the paper's VIEWPixx 3D at 60 cm."""

    width_px: int = _setting(1920, "columns of the screen", 320, 16384)
    height_px: int = _setting(1080, "rows of the screen", 200, 16384)
    width_cm: float = _setting(52.1, "width of the lit panel (VIEWPixx 3D), measured", 10, 500)
    height_cm: float = _setting(29.3, "height of the lit panel", 5, 300)
    distance_cm: float = _setting(60.0, "from the eye to the centre of the screen", 20, 200)
    refresh_hz: float = _setting(120.0, "frames a second", 24, 1000)
    grey: float = _setting(0.5, "background, 0 black to 1 white", 0, 1)
    trigger: str = _setting(
        "none",
        "white while an image is shown, black otherwise: a patch at the bottom left for a "
        "photodiode, or the top left pixel for a VIEWPixx in Pixel Mode",
        choices=("none", "photodiode", "pixel-mode"),
    )  # fmt: skip

    @property
    def geometry(self) -> Screen:
        return Screen(
            self.width_px, self.height_px, self.width_cm, self.height_cm, self.distance_cm
        )


@dataclass(frozen=True)
class SessionSettings:
    """The course of a trial."""

    image_s: float = _setting(3.0, "how long an image is shown", 0.05, 60)
    blank_s: float = _setting(2.0, "grey after an image", 0, 60)
    fixation_radius_deg: float = _setting(
        1.5, "how near gaze must be to the central target", 0.1, 10
    )
    fixation_s: float = _setting(0.3, "for how long before the image appears", 0, 10)
    fixation_timeout_s: float = _setting(5.0, "wait before another drift check", 0.1, 120)
    fixation_attempts: int = _setting(
        2, "waits in vain before the operator is asked: recalibrate, show or skip", 1, 20
    )
    calibration_limit_deg: float = _setting(
        1.0, "average validation error above which another calibration is asked for", 0.1, 10
    )
    practice: str = _setting(
        "", "folder in the study with PNGs for practice, such as practice, or none"
    )
    language: str = _setting("en", "of what the participant reads", choices=("en", "de"))


@dataclass(frozen=True)
class TrackerSettings:
    """Recording, and the thresholds of the EyeLink parser (its defaults, sent explicitly)."""

    sample_rate_hz: int = _setting(500, "gaze samples a second", choices=(250, 500, 1000, 2000))
    eye: str = _setting("left", "the eye that is recorded", choices=("left", "right"))
    address: str = _setting("100.1.1.1", "of the EyeLink's host computer")
    backdrop: str = _setting(
        "boxes", "behind the gaze cursor on the host: outlines of image and targets, or the image",
        choices=("boxes", "image"),
    )  # fmt: skip
    saccade_velocity_deg_s: float = _setting(30.0, "parser: velocity threshold", 1, 1000)
    saccade_acceleration_deg_s2: float = _setting(8000.0, "parser: acceleration", 100, 100000)
    saccade_motion_deg: float = _setting(0.15, "parser: motion threshold", 0, 10)
    pursuit_fixup_deg_s: float = _setting(60.0, "parser: highest pursuit velocity added", 0, 1000)


@dataclass(frozen=True)
class ObserverSettings:
    """The simulated observer that stands in for a person."""

    follows_model: float = _setting(
        0.5, "simulated observer: share of fixations drawn from the prediction", 0, 1
    )
    follows_centre: float = _setting(0.35, "share drawn around the centre", 0, 1)
    centre_sd_deg: float = _setting(4.5, "spread of those around the centre", 0.1, 30)
    landing_error: float = _setting(0.06, "error of landing, as a share of the saccade", 0, 1)
    fixation_ms: float = _setting(250.0, "median fixation duration", 60, 2000)
    blink_rate_hz: float = _setting(0.15, "blinks a second", 0, 5)


@dataclass(frozen=True)
class AnalysisSettings:
    """Densities."""

    centre_bias: str = _setting(
        "other-sources", "centre bias of a stimulus: fixations on other sources, or on all others",
        choices=("other-sources", "other-stimuli"),
    )  # fmt: skip
    grid_px: int = _setting(512, "side of the density maps", 32, 4096)
    entropy: str = _setting(
        "jackknife", "entropies of people: without their bias by the number of subjects, or plain",
        choices=("jackknife", "plain"),
    )  # fmt: skip
    resamples: int = _setting(10000, "of the bootstrap over subjects and sources", 200, 1000000)
    detector: str = _setting(
        "tracker", "whose fixations: the EyeLink parser's, or found in the samples anew",
        choices=("tracker", "velocity", "dispersion"),
    )  # fmt: skip
    velocity_deg_s: float = _setting(30.0, "detector velocity: threshold (I-VT)", 1, 1000)
    dispersion_deg: float = _setting(1.0, "detector dispersion: threshold (I-DT)", 0.05, 10)
    minimum_fixation_ms: float = _setting(60.0, "both: shortest fixation", 10, 1000)


@dataclass(frozen=True)
class ExclusionSettings:
    """What is left out of the analysis; by default nothing is, and the report counts all of it."""

    track_loss: float = _setting(1.0, "most of an image's time in blinks, as a share", 0, 1)
    validation_deg: float = _setting(0.0, "largest mean error of validation; 0: any", 0, 10)
    drift_deg: float = _setting(
        0.0, "largest distance of fixation 0 from the centre; 0: any", 0, 30
    )
    precision_deg: float = _setting(0.0, "largest RMS of successive samples; 0: any", 0, 10)
    fixations: int = _setting(0, "fewest fixations on a trial", 0, 100)
    subject_trials: float = _setting(
        1.0, "most of a subject's trials excluded before all of them are, as a share", 0, 1
    )
    subjects: tuple[str, ...] = _setting((), "subjects left out, such as 07")
    short_fixation_ms: float = _setting(80.0, "shorter ones beside a blink are flagged", 0, 1000)
    blink_gap_ms: float = _setting(60.0, "how near to the blink that is", 0, 1000)
    drop_blink_adjacent: bool = _setting(False, "whether flagged fixations are left out")


@dataclass(frozen=True)
class TargetSettings:
    """A region of one version and its shift."""

    annotation_ids: tuple[int, ...] = _required("COCO annotations whose union is the target")
    k_shift: float = _setting(0.0, "shift of its log saliency, in nats (eq. 11)", -4, 4)


@dataclass(frozen=True)
class VersionSettings:
    """One of the two versions of a source."""

    direction: str = _required("its aim", choices=("increase", "decrease"))
    targets: tuple[TargetSettings, ...] = _setting((), "regions to shift; the first is the aim")
    k_scale: float = _setting(1.0, "factor on log saliency (eq. 12)", 0.25, 4)


@dataclass(frozen=True)
class SourceSettings:
    """A photograph and what its versions are for."""

    source_id: str = _required("name of the photograph in the study")
    photograph: str = _required("file, absolute or relative to the study; or demo:NAME")
    annotations: str = _setting("", "COCO annotation file of its objects")
    image_id: int = _setting(0, "the photograph's id in that file", 0)
    condition: str = _setting("object", "what the versions aim at", choices=("object", "entropy"))
    versions: tuple[VersionSettings, ...] = _setting((), "two, with opposite aims")


@dataclass(frozen=True)
class Settings:
    """All settings of a study; the sections of ``study.toml`` by name."""

    study: StudySettings = field(default_factory=StudySettings)
    images: ImageSettings = field(default_factory=ImageSettings)
    manipulation: ManipulationSettings = field(default_factory=ManipulationSettings)
    edits: EditSettings = field(default_factory=EditSettings)
    design: DesignSettings = field(default_factory=DesignSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    observer: ObserverSettings = field(default_factory=ObserverSettings)
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)
    exclusions: ExclusionSettings = field(default_factory=ExclusionSettings)
    sources: tuple[SourceSettings, ...] = ()

    @property
    def placement(self) -> Placement:
        """Where on the screen the images stand."""
        return centred(self.screen.geometry, self.images.size_px, self.images.size_px)

    def as_dict(self) -> dict:
        """Return the resolved settings, JSON-ready."""
        return dataclasses.asdict(self)


# A value in the wrong unit is off by one of these factors: mm, m, ms, min, %, ...
_UNIT_SLIPS = {
    "_cm": (0.1, 100.0, 2.54),
    "_s": (0.001, 60.0),
    "_ms": (1000.0,),
    "_hz": (1000.0,),
    "_deg": (1 / 60, 180 / math.pi),
    "grey": (1 / 255, 0.01),
    "": (0.01,),
}


def _repair(key: str, value: float, low: float, high: float) -> str:
    for suffix, factors in _UNIT_SLIPS.items():
        if key.endswith(suffix):
            for factor in factors:
                if low <= value * factor <= high:
                    return f" (did you mean {value * factor:.6g}?)"
    return ""


def _checked_number(where: str, spec: dataclasses.Field, kind: type, value: object):
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (kind is float and isinstance(value, float))):
        expected = "a whole number" if kind is int else "a number"
        raise InputError(f"{where} is {value!r}; expected {expected}")
    low, high = spec.metadata["low"], spec.metadata["high"]
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    if not low <= value <= high or not math.isfinite(value):
        asked = f"at least {low:g}" if high == math.inf else f"{low:g} to {high:g}"
        repair = _repair(spec.name, value, low, high)
        raise InputError(f"{where} is {value!r}; expected {asked}{repair}")
    return kind(value)


def _checked(where: str, spec: dataclasses.Field, kind: object, value: object):
    """Return `value` as the type of the field, or raise InputError."""
    if isinstance(kind, types.GenericAlias):
        (item, _) = typing.get_args(kind)
        if not isinstance(value, list):
            raise InputError(f"{where} is {value!r}; expected a list")
        return tuple(_checked(f"{where}[{n}]", spec, item, one) for n, one in enumerate(value, 1))
    if dataclasses.is_dataclass(kind):
        return _section(where, kind, value)
    if kind in (int, float):
        value = _checked_number(where, spec, kind, value)
    elif not isinstance(value, kind):
        raise InputError(f"{where} is {value!r}; expected {kind.__name__}")
    choices = spec.metadata.get("choices", ())
    if choices and value not in choices:
        hint = nearest(value, choices) if isinstance(value, str) else ""
        raise InputError(
            f"{where} is {value!r}; expected one of {', '.join(map(str, choices))}{hint}"
        )
    return value


def _section(where: str, kind: type, content: object):
    if not isinstance(content, dict):
        raise InputError(f"{where} is {content!r}; expected a table of settings")
    specs = {spec.name: spec for spec in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    separator = "" if where.endswith(": ") else "."
    for key in content:
        if key not in specs:
            raise InputError(
                f"{where}{separator}{key} is not a setting; expected one of "
                f"{', '.join(specs)}{nearest(key, specs)}"
            )
    for name, spec in specs.items():
        no_default = spec.default is spec.default_factory is dataclasses.MISSING
        if no_default and name not in content:
            raise InputError(
                f"{where}{separator}{name} is missing; expected {spec.metadata['help']}"
            )
    return kind(
        **{
            key: _checked(f"{where}{separator}{key}", specs[key], hints[key], value)
            for key, value in content.items()
        }
    )


def checked_tables(kind: type, content: dict, where: str):
    """Return the tree of settings dataclasses `kind` from tables of values.

    For commands with a settings file of their own. Fields carry ``help``, ``low``, ``high`` and
    ``choices`` in their metadata.

    Raises
    ------
    InputError
        See the module's first lines; `where` stands before the key.
    """
    return _section(f"{where}: ", kind, content)


def _check_sources(where: str, sources: tuple[SourceSettings, ...]) -> None:
    seen = set()
    for source in sources:
        checked_name(f"{where}: source_id", source.source_id)
        name = f"{where}: source {source.source_id}"
        if source.source_id in seen:
            raise InputError(f"{name} occurs twice; expected each source_id once")
        seen.add(source.source_id)
        aims = sorted(version.direction for version in source.versions)
        if aims != [Direction.DECREASE, Direction.INCREASE]:
            raise InputError(
                f"{name} has versions {aims}; expected one to increase and one to decrease"
            )
        for version in source.versions:
            if source.condition == Condition.OBJECT and not version.targets:
                raise InputError(
                    f"{name}, {version.direction}: has no targets; expected at least one"
                )
            if source.condition == Condition.ENTROPY and version.targets:
                raise InputError(
                    f"{name}, {version.direction}: has targets; "
                    f'expected none, or condition = "object"'
                )


def parse_settings(text: str, where: str = "study.toml") -> Settings:
    """Return the settings that a TOML text states.

    Raises
    ------
    InputError
        See the module's first lines.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: not TOML: {error}") from None
    settings = _section(f"{where}: ", Settings, content)
    observer = settings.observer
    if observer.follows_model + observer.follows_centre > 1:
        raise InputError(
            f"{where}: observer.follows_model + observer.follows_centre is "
            f"{observer.follows_model + observer.follows_centre:g}; expected at most 1, "
            f"the rest looks anywhere"
        )
    screen, size_px = settings.screen, settings.images.size_px
    if size_px > min(screen.width_px, screen.height_px):
        raise InputError(
            f"{where}: images.size_px is {size_px}; expected at most the screen's "
            f"{min(screen.width_px, screen.height_px)} pixels, since images are shown unscaled"
        )
    _check_sources(where, settings.sources)
    return settings


def read_settings(path: str | Path) -> Settings:
    """Read ``study.toml``; see `parse_settings`."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None
    return parse_settings(text, path.name)
