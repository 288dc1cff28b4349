"""The words that all stages share, as frozen dataclasses.

A *source* is a photograph. A *stimulus* is a source as shown: the original or one of its versions.
A *target* is a region of a source, one or several COCO annotations, and what should happen to it.
A *trial* is one presentation of a stimulus to a subject.
"""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from stimuli.contract.geometry import Rectangle
from stimuli.support.errors import InputError


class Condition(StrEnum):
    """How a stimulus came to be."""

    ORIGINAL = "original"
    OBJECT = "object"  # manipulated to draw gaze to its targets, or away from them
    ENTROPY = "entropy"  # manipulated to spread gaze, or to gather it


class Direction(StrEnum):
    """The aim of a version: of p_obj where the condition is object, of the entropy otherwise."""

    NONE = "none"
    INCREASE = "increase"
    DECREASE = "decrease"
    CONTROL = "control"  # no aim of its own: the increase's change, made to another region


class Block(StrEnum):
    """The sets of stimuli: originals, and one version of every source in each of the others."""

    ORIGINALS = "originals"
    VERSIONS_1 = "versions-1"
    VERSIONS_2 = "versions-2"
    VERSIONS_3 = "versions-3"  # in studies with matched controls


def blocks_in_use(*, controls: bool) -> tuple[Block, ...]:
    """Return the blocks of a study, with matched controls or without, in their order."""
    return tuple(Block) if controls else tuple(one for one in Block if one != Block.VERSIONS_3)


class Transform(StrEnum):
    """What changed a photograph."""

    NONE = "none"
    EDITS = "edits"
    NETWORK = "network"
    PIXELS = "pixels"


# Those that a study may ask for.
TRANSFORMS = (Transform.EDITS, Transform.NETWORK, Transform.PIXELS)


class ObjectUse(StrEnum):
    """What an object of a photograph is proposed for."""

    AIM = "aim"
    PARTNER = "partner"
    ENTROPY = "entropy"
    NOTHING = "nothing"


class TrialStatus(StrEnum):
    """How a trial went."""

    COMPLETE = "complete"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    UNRECORDED = "unrecorded"


class ShownBy(StrEnum):
    """How an image came to be shown; a column of the events."""

    GAZE = "gaze"
    BY_HAND = "by-hand"
    CHECK_SKIPPED = "check-skipped"
    BY_TIME = "by-time"


class ParticipantKind(StrEnum):
    """Who took part in a session; the column ``observer`` of ``participants.tsv``."""

    HUMAN = "human"
    SIMULATED = "simulated"
    MOUSE = "mouse"
    DUMMY = "dummy"


class Viewer(StrEnum):
    """Whose density an effect was measured on; the column ``observer`` of the effects table."""

    PEOPLE = "people"
    MODEL = "model"


class Measure(StrEnum):
    """What is measured on a density."""

    P_OBJ = "p_obj"
    ENTROPY = "entropy_bits"


@dataclass(frozen=True)
class Target:
    """A region and the shift of its log saliency.

    Attributes
    ----------
    annotation_ids
        COCO annotations whose union is the region.
    k_shift
        Shift of the un-normalised log saliency, in nats: eq. (11) of the paper.
    mask
        Path of the region's mask (PNG, 255 inside) relative to the study folder.
    mask_sha256
        SHA-256 of the mask; None in catalogues of earlier versions.
    """

    annotation_ids: tuple[int, ...]
    k_shift: float
    mask: str
    mask_sha256: str | None = None


PHOTOGRAPHS_OWN = "photograph "  # before what a statistic was in the photograph


def left_range(unusual: str) -> bool:
    """Return whether a statistic that is unusual left the usual range in the version.

    False where it was outside in the photograph, and went no further than a budget allows.

    Parameters
    ----------
    unusual
        One of those that `PredictedEffect.unusual` joins by commas.

    Examples
    --------
    >>> from stimuli.contract.vocabulary import left_range
    >>> left_range("701 sharpness -0.40"), left_range("701 sharpness -0.40 (photograph -0.50)")
    (True, False)
    """
    return f"({PHOTOGRAPHS_OWN}" not in unusual


@dataclass(frozen=True)
class PredictedEffect:
    """What models predict of a stimulus, without centre bias, before anyone sees it.

    The measure is p_obj of the first target, or the entropy in bits where the condition is
    entropy. Changes are against the original; originals have none.

    Attributes
    ----------
    predicted
        The measure under the saliency model of the study, which guides edits.
    asked_change, predicted_change
        What the target asks for, and what that model predicts.
    second_changes
        What the models predict that took no part, by their names; empty where there is no second
        opinion.
    entropy_bits
        Of the density under the saliency model of the study, whatever the measure.
    psnr_db, clipped
        Against the original as shown: peak signal-to-noise ratio; share of pixel values that are
        0 or 255 and were not.
    strength, aim_reached
        The share of the change that was found which the version got, and whether it reached the aim
        of `manipulation.aim`; None where there was none.
    realism, second_realism, within_budget
        Share of untouched photographs that look at least as edited, for the realism judge that
        bounds versions and for one that took no part; whether the version keeps to its budget.
    ssim, feature_distance, local_distance, colour_difference, tone_difference
        As the networks see both: structural similarity; distance in features, in the mean and
        over the 2 % of the picture where it is largest; difference of chroma and hue where they
        change most, in units of CIE94; of lightness, contrast and colour that was lost, in units
        of CIELAB's lightness.
    memory_colour_difference
        How far skin, plants and sky left their natural colours, in units of CIELAB.
    seam_octaves, unusual
        Change of the squared gradient along the targets' contours, in octaves; statistics of
        targets that are outside the range of photographs' objects (`left_range`).
    """

    predicted: float
    asked_change: float | None = None
    predicted_change: float | None = None
    second_changes: Mapping[str, float] = field(default_factory=dict, hash=False)
    entropy_bits: float | None = None
    psnr_db: float | None = None
    clipped: float | None = None
    strength: float | None = None
    aim_reached: bool | None = None
    realism: float | None = None
    second_realism: float | None = None
    within_budget: bool | None = None
    ssim: float | None = None
    feature_distance: float | None = None
    local_distance: float | None = None
    colour_difference: float | None = None
    tone_difference: float | None = None
    memory_colour_difference: float | None = None
    seam_octaves: float | None = None
    unusual: str | None = None

    @property
    def least(self) -> str | None:
        """The model that took no part and sees the smallest change in the asked direction."""
        sign = math.copysign(1, self.asked_change or self.predicted_change or 1)
        changes = self.second_changes
        return min(changes, key=lambda name: sign * changes[name], default=None)

    @property
    def second_change(self) -> float | None:
        """The change that `least` predicts; None where there is no second opinion."""
        return None if self.least is None else self.second_changes[self.least]

    def transfer_to(self, name: str) -> float | None:
        """Return the share of the predicted change that a model sees which took no part."""
        return self.second_changes[name] / self.predicted_change if self.predicted_change else None

    @property
    def transfer(self) -> float | None:
        """Share of the predicted change that `least` sees; None where it is unknown."""
        return None if self.least is None else self.transfer_to(self.least)

    def made_with(self, strength: float, aim_reached: bool | None) -> "PredictedEffect":
        """Return the effect of a version with the strength that it was made with."""
        return replace(self, strength=strength, aim_reached=aim_reached)

    def shown_with(self, strength: float, aim_reached: bool | None) -> "PredictedEffect":
        """Return the same of a version as shown: of the original's image the strength is 0."""
        return self.made_with(0.0 if self.psnr_db == math.inf else strength, aim_reached)

    def judged_without(self, names: Collection[str]) -> "PredictedEffect":
        """Return the effect without what some models predict that took a part after all."""
        kept = {name: one for name, one in self.second_changes.items() if name not in names}
        return replace(self, second_changes=kept)

    @property
    def agrees(self) -> bool | None:
        """Whether `least` predicts a change in the direction of the saliency model of the study.

        Where that is the direction that was asked, all others then do too.
        """
        return None if self.transfer is None else self.transfer > 0


@dataclass(frozen=True)
class ControlRegion:
    """What a control version changed in place of the increase's aim, and how well it matches.

    Attributes
    ----------
    mask
        Path of the region's mask (PNG, 255 inside) relative to the study folder.
    annotation_id
        COCO annotation of the object that is the region; None where it is a copy of the aim's
        outline, displaced.
    x_px, y_px
        From the centroid of the aim to that of the region, in pixels of the image as shown.
    size_ratio
        Area of the region over that of the aim.
    saliency_difference
        Mean predicted log saliency of the original in the region less that in the aim, in nats.
    change
        What was done to it, in words: amounts of the edits, in units of their bounds, or the shift
        that was asked for.
    p_obj_change
        Change of the region's own p_obj under the saliency model of the study.
    mask_sha256
        SHA-256 of the mask; None in catalogues of earlier versions.
    """

    mask: str
    annotation_id: int | None
    x_px: float
    y_px: float
    size_ratio: float
    saliency_difference: float
    change: str
    p_obj_change: float
    mask_sha256: str | None = None


@dataclass(frozen=True)
class Stimulus:
    """One row of ``stimuli/stimuli.tsv``. Paths are relative to the study folder.

    Attributes
    ----------
    targets
        Regions of this version; empty for originals and for entropy versions. That of a control is
        the increase's aim, without a shift.
    k_scale
        Factor on the un-normalised log saliency, eq. (12); 1 leaves it.
    image, target, prediction
        PNG as shown; target and predicted log saliency (npz), both without centre bias. Originals
        and controls have no target.
    image_sha256, source_sha256, checkpoint_sha256
        Of the PNG as shown, the photograph, and the weights of the saliency model of the study.
    licence
        Terms of the photograph.
    transform
        What changed it; none for originals.
    effect
        None where the catalogue states none.
    control
        What a control changed; None for other stimuli.
    photograph_px
        Where the photograph lies in the image as shown; the rest is grey. None where it fills it.
    photograph
        File name that the photograph had before it became a source; empty where it is not known.
    target_sha256, prediction_sha256
        Of the files; None in catalogues of earlier versions, and where there is no target.
    edits
        What edits did to each region, by name of region and edit, in the units that the column
        names; none where no edits made the version, or an earlier version of the toolkit did.
    """

    stim_id: str
    source_id: str
    condition: Condition
    direction: Direction
    block: Block
    targets: tuple[Target, ...]
    k_scale: float
    image: str
    target: str | None
    prediction: str
    image_sha256: str
    source_sha256: str
    checkpoint_sha256: str
    licence: str
    transform: Transform = Transform.NONE
    effect: PredictedEffect | None = None
    control: ControlRegion | None = None
    photograph_px: Rectangle | None = None
    target_sha256: str | None = None
    prediction_sha256: str | None = None
    photograph: str = ""
    edits: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)

    @property
    def files(self) -> dict[str, str | None]:
        """The files that the row names and their SHA-256, None where it states none."""
        named = [
            (self.image, self.image_sha256),
            (self.target, self.target_sha256),
            (self.prediction, self.prediction_sha256),
            *((target.mask, target.mask_sha256) for target in self.targets),
        ]
        if self.control is not None:
            named.append((self.control.mask, self.control.mask_sha256))
        return {path: digest for path, digest in named if path}

    @property
    def moves_as_asked(self) -> bool | None:
        """Whether the prediction moved in the direction of the aim; None where nothing is told."""
        if self.effect is None or self.effect.predicted_change is None:
            return None
        if self.direction == Direction.CONTROL:
            return None
        change = self.effect.predicted_change
        return change > 0 if self.direction == Direction.INCREASE else change < 0


@dataclass(frozen=True)
class Trial:
    """One presentation of a stimulus to a subject.

    Attributes
    ----------
    block_position
        1 for the block that this subject saw first.
    trial
        Counted from 1 over the whole session.
    """

    subject: str
    block: Block
    block_position: int
    trial: int
    stimulus: Stimulus


_SUBJECT = re.compile(r"[0-9]{1,6}")
_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")


def subject_label(subject: str | int) -> str:
    """Return a participant's number as it stands in file names: ``7`` becomes ``"07"``.

    Raises
    ------
    InputError
        If `subject` is anything but a whole number from 1 to 999999. Names never enter file
        names, and nothing that could leave the study folder does.
    """
    text = str(subject)
    if not _SUBJECT.fullmatch(text) or int(text) == 0:
        raise InputError(
            f"subject is {text!r}; expected the participant's number, 1 to 999999, such as 07"
        )
    return f"{int(text):02d}"


def checked_name(what: str, name: str) -> str:
    """Return `name` if it can stand in file names on every system.

    Raises
    ------
    InputError
        Unless it is letters and digits joined by single ``-`` or ``_``, at most 64 characters.
    """
    if len(name) > 64 or not _NAME.fullmatch(name):
        raise InputError(
            f"{what} is {name!r}; expected at most 64 letters and digits, joined by - or _"
        )
    return name
