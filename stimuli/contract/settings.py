"""``study.toml``: every choice of a study, as frozen dataclasses that check themselves.

What the file leaves out has the default below, which is the paper's value where the paper gives
one. An unknown key, a wrong type and a value out of range are errors that name the key, the value,
what was expected and, where it can be guessed, the repair.
"""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from stimuli.contract.geometry import Placement, Screen, centred
from stimuli.contract.vocabulary import (
    TRANSFORMS,
    Block,
    Condition,
    Direction,
    ShownBy,
    Transform,
    blocks_in_use,
    checked_name,
)
from stimuli.support.checked import CheckedSettings, checked_tables, required, setting
from stimuli.support.errors import InputError, why_unread


@dataclass(frozen=True)
class StudySettings(CheckedSettings):
    """What the study is called, and its seed."""

    name: str = setting("guiding-gaze", "name of the study")
    seed: int = setting(0, "every random choice of the study follows from it", 0, 2**31 - 1)


@dataclass(frozen=True)
class ImageSettings(CheckedSettings):
    """How photographs become images, and in which sizes."""

    size_px: int = setting(1024, "side of the square image as shown", 64, 8192)
    model_px: int = setting(512, "side of the image that the networks see", 32, 4096)
    fit: str = setting(
        "crop", "how a photograph becomes square: largest centred square, stretched, or whole, on "
        "the grey of the screen", choices=("crop", "stretch", "whole"),
    )  # fmt: skip
    upscale: str = setting(
        "embedded",
        "from model_px to size_px, originals and versions alike: the network that ships "
        "(embedded), bicubic, none where the sizes are equal, or the file of a network by 2",
    )


DEFAULT_JUDGES = "default"
_JUDGES = ("scratch", "icf", "efficientnet")  # the first two that do not guide are the default


def _second_opinions(value: object) -> object:
    """Return the names of judges as a list; studies of before state one, or ``none``."""
    names = [value] if isinstance(value, str) else value
    return [] if names in (["none"], ("none",)) else names


@dataclass(frozen=True)
class ManipulationSettings(CheckedSettings):
    """What guides the changes and what makes them."""

    saliency: str = setting(
        "efficientnet",
        "saliency model that guides edits and whose predictions the tables have: a name or a file",
    )
    also: tuple[str, ...] = setting(
        (), "further saliency models that edits are made against at the same time"
    )
    second_opinion: tuple[str, ...] = setting(
        (DEFAULT_JUDGES,), "saliency models that took no part in making the versions and judge "
        "them: names or files; default: two that ship and do not guide; [] for none",
        read=_second_opinions,
    )  # fmt: skip
    transform: Transform = setting(
        Transform.EDITS, "what changes the image: parametric edits, trained networks, or every "
        "pixel for itself", choices=TRANSFORMS,
    )  # fmt: skip
    shift_network: str = setting(
        "fgtransform-shift", "network for shifts, where transform is network: a name or a file"
    )
    scale_network: str = setting(
        "fgtransform-scale", "network for scales, which sees what the shift network made"
    )
    usual: str = setting(
        "coco128", "what is usual among objects, against which versions are held: coco128, which "
        "ships, or a file of manipulation.natural_statistics",
    )  # fmt: skip
    budget: float = setting(
        0.05, "what versions may cost: the least share of untouched photographs that look as "
        "edited; a larger share is stricter, 0 bounds nothing", 0, 1,
    )  # fmt: skip
    distance: float = setting(
        0.04, "what else they may cost, where there is a budget: largest distance to the "
        "photograph in features of a network that knows objects", 0, 4,
    )  # fmt: skip
    local_distance: float = setting(
        0.15, "the same over the 2 % of the picture where the distance is largest", 0, 4
    )
    colour: float = setting(
        4.5, "the same of colours: largest difference of chroma and hue, in units of CIE94, over "
        "the 2 % of the picture where they change most", 0.1, 100,
    )  # fmt: skip
    tone: float = setting(
        7.0, "the same of tones: largest difference of lightness, beside the whole picture's, of "
        "contrast and of colour that is lost, in units of CIELAB's lightness", 0.1, 100,
    )  # fmt: skip
    memory_colour: float = setting(
        4.0, "the same of skin, plants and sky: how far they may leave their natural colours, in "
        "units of CIELAB, over the 2 % of the picture where they do most", 0.1, 100,
    )  # fmt: skip
    aim: float = setting(
        0.0, "change of p_obj that versions stop at, by the mean of guide and judges: the least "
        "that reaches it; 0: as much as the budget allows", 0, 1, quoted=True,
    )  # fmt: skip
    aim_bits: float = setting(
        0.0, "the same for versions that aim at the entropy, in bits", 0, 10, quoted=True
    )
    k_shift: float = setting(2.0, "shift of log saliency in proposed versions, in nats", 0, 4)
    k_scale: float = setting(
        2.0, "scale of log saliency in proposed versions: this to gather gaze, 1/this to spread it",
        1, 4,
    )  # fmt: skip
    mask_blur_px: float = setting(
        0.0, "Gaussian blur of the masks in targets, in pixels of model_px; 0 for stimuli", 0, 100
    )

    @property
    def judges(self) -> tuple[str, ...]:
        """The models of `second_opinion`, its default by name: two that do not guide."""
        guides = (self.saliency, *self.also)
        default = [name for name in _JUDGES if name not in guides][:2]
        chosen = (default if one == DEFAULT_JUDGES else [one] for one in self.second_opinion)
        return tuple(dict.fromkeys(name for names in chosen for name in names))

    def check_together(self) -> None:
        for name in self.second_opinion:
            if self.second_opinion.count(name) > 1:
                raise InputError(
                    f"manipulation.second_opinion names {name!r} twice; expected each model once"
                )


@dataclass(frozen=True)
class EditSettings(CheckedSettings):
    """The search for parametric edits."""

    steps: int = setting(16, "steps of the optimiser", 1, 2000)
    step_size: float = setting(0.3, "step size of Adam, in units of the bounded edits", 1e-4, 1.0)
    strength: float = setting(1.0, "factor on the bounds of every edit; 0 forbids all", 0, 2)
    naturalness: float = setting(0.005, "weight of the penalty on large edits", 0, 10)
    restraint: float = setting(2.0, "weight of the excess over the budget of naturalness", 0, 100)
    feather: float = setting(
        0.012, "how far a mask's edge may move to that of the photograph, as a share of the side",
        0, 0.2,
    )  # fmt: skip


@dataclass(frozen=True)
class PixelSettings(CheckedSettings):
    """The search pixel by pixel."""

    guides: tuple[str, ...] = setting(
        (), "saliency models that guide it, names or files; [] for those that guide edits, which "
        "makes the paper's control; with robust and a largest_change of 16 others see the change",
    )  # fmt: skip
    steps: int = setting(20, "steps of the optimiser", 1, 5000)
    step_size: float = setting(0.02, "step size of Adam, in log odds of pixel values", 1e-5, 1.0)
    largest_change: float = setting(
        1.0, "levels, of 255, by which a value of a pixel may differ from the photograph's: 2 can "
        "be seen in skies and on snow; 255 bounds nothing", 1, 255,
    )  # fmt: skip
    fidelity: float = setting(
        0.1, "weight of the mean squared change of pixels, in units of the largest: it leaves "
        "alone what matters little", 0, 1e6,
    )  # fmt: skip


@dataclass(frozen=True)
class DesignSettings(CheckedSettings):
    """Order of blocks and trials."""

    orders: str = setting(
        "latin-square", "orders of the three blocks over subjects: 3, or all 6; with controls "
        "of the four: 4 either way",
        choices=("latin-square", "williams"),
    )  # fmt: skip
    longest_run: int = setting(
        4, "most trials of one condition and direction in a row, in blocks of versions", 1, 100
    )
    controls: bool = setting(
        False, "matched controls: of every source with targets a third version, with the "
        "increase's change on another region of like size and saliency, in a fourth block",
    )  # fmt: skip


NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class ScreenSettings(CheckedSettings):
    """The screen and the eye before it; defaults are the paper's VIEWPixx 3D at 60 cm."""

    width_px: int = setting(1920, "columns of the screen", 320, 16384)
    height_px: int = setting(1080, "rows of the screen", 200, 16384)
    width_cm: float = setting(52.1, "width of the lit panel (VIEWPixx 3D), measured", 10, 500)
    height_cm: float = setting(29.3, "height of the lit panel", 5, 300)
    distance_cm: float = setting(60.0, "from the eye to the centre of the screen", 20, 200)
    refresh_hz: float = setting(120.0, "frames a second", 24, 1000)
    grey: float = setting(0.5, "background, 0 black to 1 white", 0, 1)
    gamma: float | None = setting(
        None, "exponent from pixel value to luminance, measured; 1 of a linear screen", 0.3, 5,
        unknown=NOT_MEASURED,
    )  # fmt: skip
    luminance_cd_m2: float | None = setting(
        None, "luminance of white at the centre, measured", 0.1, 10000, unknown=NOT_MEASURED
    )
    trigger: str = setting(
        "none",
        "white while an image is shown, black otherwise: a patch at the bottom left for a "
        "photodiode, or the top left pixel for a VIEWPixx in Pixel Mode",
        choices=("none", "photodiode", "pixel-mode"),
    )  # fmt: skip

    @property
    def grey_level(self) -> int:
        """The background as a pixel value, 0 to 255."""
        return round(255 * self.grey)

    @property
    def grey_cd_m2(self) -> float | None:
        """Luminance of the background above that of black, None where it is not measured."""
        if self.gamma is None or self.luminance_cd_m2 is None:
            return None
        return self.luminance_cd_m2 * self.grey**self.gamma

    @property
    def geometry(self) -> Screen:
        return Screen(
            self.width_px, self.height_px, self.width_cm, self.height_cm, self.distance_cm
        )


@dataclass(frozen=True)
class SessionSettings(CheckedSettings):
    """The course of a trial."""

    image_s: float = setting(3.0, "how long an image is shown", 0.05, 60)
    blank_s: float = setting(2.0, "grey after an image", 0, 60)
    fixation_radius_deg: float = setting(
        1.5, "how near gaze must be to the central target", 0.1, 10
    )
    fixation_s: float = setting(0.3, "for how long before the image appears", 0, 10)
    fixation_timeout_s: float = setting(5.0, "wait before another drift check", 0.1, 120)
    fixation_attempts: int = setting(
        2, "waits in vain before the operator is asked: recalibrate, show or skip", 1, 20
    )
    calibration_limit_deg: float = setting(
        0.5, "average validation error above which another calibration is asked for", 0.1, 10
    )
    calibration_max_deg: float = setting(
        1.0, "largest validation error of a target above which it is asked for too", 0.1, 20
    )
    validate_blocks: bool = setting(True, "whether every block ends with a validation")
    drift_limit_deg: float = setting(
        1.0, "median of the last drift checks above which calibrating is offered; 0: never", 0, 10
    )
    drift_checks: int = setting(3, "of how many", 1, 100)
    tolerance_frames: float = setting(
        1.0, "frames by which the time of an image may be off before its trial is marked", 0.5, 100
    )
    notes: str = setting(
        "bottom-right", "corner in which the screen tells the operator what it waits for",
        choices=("top-left", "top-right", "bottom-left", "bottom-right", "none"),
    )  # fmt: skip
    practice: str = setting(
        "", "folder in the study with PNGs for practice, such as practice, or none"
    )
    language: str = setting("en", "of what the participant reads", choices=("en", "de"))


@dataclass(frozen=True)
class TrackerSettings(CheckedSettings):
    """Recording, and the thresholds of the EyeLink parser (its defaults, sent explicitly)."""

    sample_rate_hz: float = setting(
        500.0, "gaze samples a second; an EyeLink has 250, 500, 1000 or 2000", 10, 10000
    )
    eye: str = setting("left", "the eye that is recorded", choices=("left", "right"))
    model: str = setting(
        "eyelink", "what records, where no option says it: a mode of experiment.run, such as tobii"
    )
    device: str = setting(
        "", "name by which the maker's library knows the tracker, such as Tobii Pro Spectrum"
    )
    validation_target_s: float = setting(
        1.2, "how long each target of our own validation is shown; an EyeLink has its own", 0.1, 10
    )
    address: str = setting("100.1.1.1", "of the EyeLink's host computer")
    backdrop: str = setting(
        "boxes", "behind the gaze cursor on the host: outlines of image and targets, or the image",
        choices=("boxes", "image"),
    )  # fmt: skip
    saccade_velocity_deg_s: float = setting(30.0, "parser: velocity threshold", 1, 1000)
    saccade_acceleration_deg_s2: float = setting(8000.0, "parser: acceleration", 100, 100000)
    saccade_motion_deg: float = setting(0.15, "parser: motion threshold", 0, 10)
    pursuit_fixup_deg_s: float = setting(60.0, "parser: highest pursuit velocity added", 0, 1000)
    recorded_otherwise: str = setting(
        "stop", "a recording of another eye, rate or parser than these: stops the analysis of its "
        "subject, or is analysed and told", choices=("stop", "tell"),
    )  # fmt: skip


@dataclass(frozen=True)
class ObserverSettings(CheckedSettings):
    """The simulated observer that stands in for a person."""

    follows_model: float = setting(
        0.5, "simulated observer: share of fixations drawn from the prediction", 0, 1
    )
    follows_centre: float = setting(0.35, "share drawn around the centre", 0, 1)
    centre_sd_deg: float = setting(4.5, "spread of those around the centre", 0.1, 30)
    landing_error: float = setting(0.06, "error of landing, as a share of the saccade", 0, 1)
    fixation_ms: float = setting(250.0, "median fixation duration", 60, 2000)
    blink_rate_hz: float = setting(0.15, "blinks a second", 0, 5)

    def check_together(self) -> None:
        share = self.follows_model + self.follows_centre
        if share > 1:
            raise InputError(
                f"observer.follows_model + observer.follows_centre is {share:g}; expected at most "
                f"1, the rest looks anywhere"
            )


@dataclass(frozen=True)
class AnalysisSettings(CheckedSettings):
    """Densities."""

    centre_bias: str = setting(
        "other-sources", "centre bias of a stimulus: fixations on other sources, or on all others",
        choices=("other-sources", "other-stimuli"),
    )  # fmt: skip
    grid_px: int = setting(512, "side of the density maps", 32, 4096)
    p_obj: str = setting(
        "counted", "p_obj of people: share of fixations, or of a fitted density (as published)",
        choices=("counted", "density"),
    )  # fmt: skip
    entropy: str = setting(
        "neighbours", "of people: by distances between subjects' fixations, or of a fitted density",
        choices=("neighbours", "plain", "jackknife"),
    )  # fmt: skip
    resamples: int = setting(10000, "of the bootstrap over subjects and sources", 200, 1000000)
    detector: str = setting(
        "tracker", "whose fixations: the EyeLink parser's, or found in the samples anew",
        choices=("tracker", "velocity", "dispersion"),
    )  # fmt: skip
    velocity_deg_s: float = setting(30.0, "detector velocity: threshold (I-VT)", 1, 1000)
    dispersion_deg: float = setting(1.0, "detector dispersion: threshold (I-DT)", 0.05, 10)
    minimum_fixation_ms: float = setting(60.0, "both: shortest fixation", 10, 1000)
    time_bin_ms: float = setting(250.0, "bins of the time course, from image onset", 10, 10000)
    recorded_elsewhere: tuple[str, ...] = setting(
        (), "subjects used without provenance and journal, which others have, such as 07"
    )
    latency_groups: int = setting(
        4, "groups of first saccades by their latency, of equal size within each subject", 2, 20
    )


@dataclass(frozen=True)
class ExclusionSettings(CheckedSettings):
    """What is left out of the analysis; by default nothing is, and the report counts all of it."""

    track_loss: float = setting(1.0, "most of an image's time in blinks, as a share", 0, 1)
    validation_deg: float = setting(0.0, "largest mean error of validation; 0: any", 0, 10)
    drift_deg: float = setting(0.0, "largest distance of fixation 0 from the centre; 0: any", 0, 30)
    precision_deg: float = setting(0.0, "largest RMS of successive samples; 0: any", 0, 10)
    duration_frames: float = setting(
        0.0, "most frames by which an image was shown too long or too short; 0: any", 0, 10000
    )
    fixations: int = setting(0, "fewest fixations on a trial", 0, 100)
    shown_by: tuple[ShownBy, ...] = setting(
        (), "trials whose image was not shown by gaze: by-hand, check-skipped, by-time"
    )
    subject_trials: float = setting(
        1.0, "most of a subject's trials excluded before all of them are, as a share", 0, 1
    )
    subjects: tuple[str, ...] = setting((), "subjects left out, such as 07")
    short_fixation_ms: float = setting(80.0, "shorter ones beside a blink are flagged", 0, 1000)
    blink_gap_ms: float = setting(60.0, "how near to the blink that is", 0, 1000)
    drop_blink_adjacent: bool = setting(False, "whether flagged fixations are left out")


@dataclass(frozen=True)
class TargetSettings(CheckedSettings):
    """A region of one version and its shift."""

    annotation_ids: tuple[int, ...] = setting((), "COCO annotations whose union is the target")
    k_shift: float = setting(0.0, "shift of its log saliency, in nats (eq. 11)", -4, 4)
    category: str = setting("", "or the COCO category whose objects are all the target")

    def check_together(self) -> None:
        if bool(self.annotation_ids) == bool(self.category):
            raise InputError(
                f"a target has annotation_ids {list(self.annotation_ids)} and category "
                f"{self.category!r}; expected one of the two"
            )


@dataclass(frozen=True)
class VersionSettings(CheckedSettings):
    """One of the two versions of a source."""

    direction: Direction = required("its aim", choices=(Direction.INCREASE, Direction.DECREASE))
    targets: tuple[TargetSettings, ...] = setting((), "regions to shift; the first is the aim")
    k_scale: float = setting(1.0, "factor on log saliency (eq. 12)", 0.25, 4)
    transform: Transform | None = setting(
        None, "what makes this version, if not manipulation.transform", choices=TRANSFORMS
    )


@dataclass(frozen=True)
class SourceSettings(CheckedSettings):
    """A photograph and what its versions are for."""

    source_id: str = required("name of the photograph in the study")
    photograph: str = required("file, absolute or relative to the study")
    annotations: str = setting("", "COCO annotation file of its objects")
    image_id: int = setting(0, "the photograph's id in that file", 0)
    condition: Condition = setting(
        Condition.OBJECT, "what the versions aim at", choices=(Condition.OBJECT, Condition.ENTROPY)
    )
    versions: tuple[VersionSettings, ...] = setting((), "two, with opposite aims")
    control: bool = setting(True, "whether design.controls gives it a matched control")

    def check_together(self) -> None:
        checked_name("source_id", self.source_id)
        name = f"source {self.source_id}"
        aims = sorted(version.direction for version in self.versions)
        if aims != [Direction.DECREASE, Direction.INCREASE]:
            raise InputError(
                f"{name} has versions {[str(aim) for aim in aims]}; expected one to increase and "
                f"one to decrease"
            )
        for version in self.versions:
            if self.condition == Condition.OBJECT and not version.targets:
                raise InputError(
                    f"{name}, {version.direction}: has no targets; expected at least one"
                )
            if self.condition == Condition.ENTROPY and version.targets:
                raise InputError(
                    f"{name}, {version.direction}: has targets; "
                    f'expected none, or condition = "object"'
                )


@dataclass(frozen=True)
class Settings(CheckedSettings):
    """All settings of a study; the sections of ``study.toml`` by name."""

    study: StudySettings = field(default_factory=StudySettings)
    images: ImageSettings = field(default_factory=ImageSettings)
    manipulation: ManipulationSettings = field(default_factory=ManipulationSettings)
    edits: EditSettings = field(default_factory=EditSettings)
    pixels: PixelSettings = field(default_factory=PixelSettings)
    design: DesignSettings = field(default_factory=DesignSettings)
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    session: SessionSettings = field(default_factory=SessionSettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    observer: ObserverSettings = field(default_factory=ObserverSettings)
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)
    exclusions: ExclusionSettings = field(default_factory=ExclusionSettings)
    sources: tuple[SourceSettings, ...] = ()

    def check_together(self) -> None:
        images, screen, size_px = self.images, self.screen, self.images.size_px
        if images.upscale == "none" and size_px != images.model_px:
            raise InputError(
                f'images.upscale is "none", images.size_px is {size_px} and images.model_px is '
                f"{images.model_px}; expected equal sizes; set images.model_px = {size_px}, or "
                f'images.upscale = "embedded"'
            )
        if size_px > min(screen.width_px, screen.height_px):
            raise InputError(
                f"images.size_px is {size_px}; expected at most the screen's "
                f"{min(screen.width_px, screen.height_px)} pixels, since images are shown unscaled"
            )
        names = [source.source_id for source in self.sources]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"source {twice[0]} occurs twice; expected each source_id once")
        if self.design.controls and self.sources and not any(map(self.has_control, self.sources)):
            raise InputError(
                "design.controls is true, and no source has targets and control = true; expected "
                "one such source at least, or controls = false"
            )

    def has_control(self, source: SourceSettings) -> bool:
        """Return whether a source has a matched control."""
        return self.design.controls and source.control and source.condition == Condition.OBJECT

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the study, in the order of the vocabulary."""
        return blocks_in_use(controls=any(map(self.has_control, self.sources)))

    @property
    def placement(self) -> Placement:
        """Where on the screen the images stand."""
        return centred(self.screen.geometry, self.images.size_px, self.images.size_px)

    def as_dict(self) -> dict:
        """Return the resolved settings, JSON-ready."""
        return dataclasses.asdict(self)


def parse_settings(text: str, where: str = "study.toml") -> Settings:
    """Return the settings that a TOML text states, with or without UTF-8's mark at its start.

    Raises
    ------
    InputError
        See the module's first lines.
    """
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not TOML: {why_unread(error, text)}") from None
    return checked_tables(Settings, content, where)


def read_settings(path: str | Path) -> Settings:
    """Read ``study.toml``; see `parse_settings`.

    Examples
    --------
    >>> from stimuli import read_settings
    >>> settings = read_settings("demo-study/study.toml")
    >>> settings.session.image_s
    3.0
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected the study.toml of a study") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None
    return parse_settings(text, path.name)
