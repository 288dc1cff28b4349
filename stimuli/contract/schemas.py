"""The tables that stages hand to each other, column by column."""

from dataclasses import replace

from stimuli.contract.licences import Permission
from stimuli.contract.vocabulary import (
    Block,
    Condition,
    Direction,
    Measure,
    ObjectUse,
    ParticipantKind,
    ShownBy,
    Transform,
    TrialStatus,
    Viewer,
)
from stimuli.support.tables import Column, Schema

_CONDITION = Column(
    "condition", Condition, "How the stimulus came to be",
    levels={
        Condition.ORIGINAL: "Photograph as it was",
        Condition.OBJECT: "Changed so that gaze goes to its targets, or leaves them",
        Condition.ENTROPY: "Changed so that gaze spreads, or gathers",
    },
)  # fmt: skip
_DIRECTION = Column(
    "direction", Direction, "Aim of the version: on p_obj (object) or on the entropy (entropy)",
    levels={
        Direction.NONE: "An original",
        Direction.INCREASE: "More",
        Direction.DECREASE: "Less",
        Direction.CONTROL: "None of its own: the increase's change, made to another region",
    },
    seldom=(Direction.CONTROL,),
)  # fmt: skip
_BLOCK = Column(
    "block", Block, "Set that the stimulus belongs to",
    levels={
        Block.ORIGINALS: "Every source as it was",
        Block.VERSIONS_1: "One version of every source",
        Block.VERSIONS_2: "The other version of every source",
        Block.VERSIONS_3: "A third version of every source that has one",
    },
    seldom=(Block.VERSIONS_3,),
)  # fmt: skip
_STIM_ID = Column("stim_id", str, "Stimulus, a row of stimuli/stimuli.tsv")
_SOURCE_ID = Column("source_id", str, "Photograph that the stimulus was made from")
_POSITION = Column("block_position", int, "1 for the block that this subject saw first")
_TRIAL = Column("trial", int, "Trial, counted from 1 over the session")
_SUBJECT = Column("subject", str, "Participant's number")

_TRANSFORM = {
    Transform.NONE: "Nothing: an original",
    Transform.EDITS: "Parametric edits of its regions",
    Transform.NETWORK: "Networks trained to meet targets",
    Transform.PIXELS: "Every pixel for itself; with a guide that is easy to fool, a control",
}

# Columns that begin so, one a model: what is predicted by a model that took no part.
SECOND_CHANGE = "second_change_"
_SECOND_CHANGES = Column(
    SECOND_CHANGE, float, "The change under each model that took no part in making the version, by "
    "the name of the model", optional=True, family=True,
)  # fmt: skip

_NATURALNESS = (
    Column(
        "strength", float, "Share of the change that was found which the version got, 0 to 1; 0 "
        "too where all of it was rounded away, or nothing was found",
    ),
    Column(
        "aim_reached", bool, "Whether guide and judges together predict the change that "
        "manipulation.aim or aim_bits asks for; n/a: no aim was set",
    ),
    Column(
        "realism", float, "Share of untouched photographs that look at least as edited as the "
        "version, by the realism judge that bounds versions; of several targets the least",
    ),
    Column("second_realism", float, "The same by a realism judge that took no part"),
    Column(
        "within_budget", bool, "Whether the version keeps to its budget: realism, or no less than "
        "the photograph's own (manipulation.budget), distances, colours, tones, skin, plants and "
        "sky (with a tenth of slack, for the way to the screen) and nothing unusual; n/a: it has "
        "no budget",
    ),
    Column("ssim", float, "Structural similarity to the original; 1: the same"),
    Column(
        "feature_distance", float, "Distance to the original in features of a network that knows "
        "objects, 0 to 4",
    ),
    Column(
        "local_distance", float, "The same over the 2 % of the picture where it is largest",
    ),
    Column(
        "colour_difference", float, "Difference of chroma and hue to the original, lightness aside "
        "(CIE94), over the 2 % of the picture where they change most",
    ),
    Column(
        "tone_difference", float, "Difference of lightness to the original, beside that of the "
        "whole picture, of contrast, and colour that was lost (12 an octave of chroma), in units "
        "of CIELAB's lightness, over the 2 % of the picture where they are largest",
    ),
    Column(
        "memory_colour_difference", float, "How much further outside their natural ranges the "
        "colours of skin, plants or sky are than in the original, in units of CIELAB, over the 2 % "
        "of the picture where that is largest",
    ),
    Column(
        "seam_octaves", float, "Change of the mean squared gradient along a target's contour; of "
        "several targets the largest", "octave",
    ),
    Column(
        "unusual", str, "Which statistics of which target are outside the range that 98 % of "
        "photographs' objects have, and by how much; in brackets what the photograph had already "
        "(photograph), or, over the budget, had less of (further than); n/a: none",
    ),
)  # fmt: skip

CURVE = Schema(
    "curve",
    (
        Column("transform", str, "What made the versions"),
        Column("strength", float, "Share of the change that was found"),
        Column("versions", int, "How many"),
        Column("increase", float, "Mean change of p_obj where more was asked, by the mean of the "
               "models that took no part"),
        Column("decrease", float, "The same where less was asked"),
        Column("predicted", float, "Mean change in the direction that was asked, by the model of "
               "the study"),
        Column("seen", float, "The same by the mean of the models that took no part"),
        Column("realism", float, "Median share of untouched photographs that look as edited, by "
               "the realism judge that bounds versions"),
        Column("second_realism", float, "The same by the realism judge that took no part"),
        Column("within_budget", float, "Share of versions that keep to the budget; n/a: none"),
        Column("feature_distance", float, "Mean distance to the original in features"),
        Column(
            "psnr_db", float, "Mean peak signal-to-noise ratio against the original, of versions "
            "that differ from it", "dB",
        ),
    ),
)  # fmt: skip
# In studies with matched controls; n/a for all that is no control.
CONTROL = "control_"
_CONTROL = tuple(
    replace(column, name=f"{CONTROL}{column.name}", optional=True)
    for column in (
        Column("mask", str, "Mask of the region that a control changed (PNG, 255 inside)"),
        Column("mask_sha256", str, "SHA-256 of that mask"),
        Column(
            "annotation_id", int, "COCO annotation of that region; n/a: a copy of the aim's "
            "outline, displaced",
        ),
        Column("x_px", float, "From the centroid of the aim to that of the region, rightwards",
               "px"),
        Column("y_px", float, "The same, downwards", "px"),
        Column("size_ratio", float, "Area of the region over that of the aim"),
        Column(
            "saliency_difference", float, "Mean log saliency predicted for the original in the "
            "region less that in the aim", "nat",
        ),
        Column(
            "change", str, "What was done to the region: the amounts that the increase's aim got, "
            "in units of the edits' bounds, or the shift that was asked for",
        ),
        Column("p_obj_change", float, "Predicted change of the region's own p_obj"),
    )
)  # fmt: skip
CONTROL_COLUMNS = tuple(column.name for column in _CONTROL)

# Optional: catalogues of earlier versions have the SHA-256 of images alone.
MASK_SHA256 = "mask_sha256"
SHA256_COLUMNS = (MASK_SHA256, "target_sha256", "prediction_sha256", f"{CONTROL}{MASK_SHA256}")

PHOTOGRAPH_PX = "photograph_px"
EDITS = "edits"
STIMULI = Schema(
    "stimuli",
    (
        _STIM_ID,
        _SOURCE_ID,
        _CONDITION,
        _DIRECTION,
        _BLOCK,
        Column(
            "annotation_ids",
            str,
            "COCO annotations of each target: '+' joins those of one target, ';' parts targets",
        ),
        Column(
            "k_shift",
            str,
            "Shift of the un-normalised log saliency of each target, parted by ';' (eq. 11)",
            "nat",
        ),
        Column("mask", str, "Mask of each target (PNG, 255 inside, else 0), parted by ';'"),
        Column("mask_sha256", str, "SHA-256 of each mask, parted by ';'", optional=True),
        Column("k_scale", float, "Factor on the un-normalised log saliency (eq. 12)"),
        Column("image", str, "PNG as shown"),
        Column("target", str, "Log saliency that was asked for, without centre bias (npz)"),
        Column("prediction", str, "Log saliency predicted for the image, without centre bias"),
        Column("image_sha256", str, "SHA-256 of the PNG"),
        Column("target_sha256", str, "SHA-256 of the target", optional=True),
        Column("prediction_sha256", str, "SHA-256 of the prediction", optional=True),
        Column("photograph", str, "File name that the photograph had before", optional=True),
        Column("source_sha256", str, "SHA-256 of the photograph"),
        Column("checkpoint_sha256", str, "SHA-256 of the saliency model's weights"),
        Column("licence", str, "Terms of the photograph"),
        Column(
            "transform", Transform, "What changed the photograph", levels=_TRANSFORM, optional=True
        ),
        Column(
            EDITS,
            str,
            "What edits did to each region, as JSON: the annotations of each target, joined by "
            "'+', `salient` (what else is salient), `rest`; `control` for the region of one. Of "
            "each: exposure (log odds of pixel values), contrast (log of the slope of log odds "
            "around the region's mean), shadows (log odds per log odds below that mean), "
            "saturation (log of the distance from grey), warmth (log odds, red up and blue down), "
            "tint (log odds, green up), sharpness (weight of fine detail; below 0 the radius of a "
            "lens' blur as a share of the side), clarity (weight of coarse detail). n/a: not "
            "changed by edits, or made by an earlier version",
            optional=True,
        ),
        Column(
            PHOTOGRAPH_PX,
            str,
            "Where the photograph lies in the image, the rest of which is grey: left, top, width "
            "and height, parted by ';'. Target and prediction have its pixels alone. In the table "
            'only where images.fit is "whole"; elsewhere the photograph fills the image',
            "px",
            optional=True,
        ),
        Column(
            "predicted",
            float,
            "p_obj of the first target, or entropy in bits, under the saliency model of the study",
            optional=True,
        ),
        Column(
            "asked_change",
            float,
            "Change of that value in the target, which is made of the "
            "density of the same model, whatever guided the version",
            optional=True,
        ),
        Column("predicted_change", float, "Change of that value in the version", optional=True),
        Column(
            "second_change",
            float,
            "The least of the changes under the models that took no part in making the version: of "
            "the model that sees the smallest change in the direction that was asked",
            optional=True,
        ),
        _SECOND_CHANGES,
        Column("transfer", float, "second_change / predicted_change", optional=True),
        Column(
            "agrees",
            bool,
            "Whether second_change and predicted_change have one sign",
            optional=True,
        ),
        Column("entropy_bits", float, "Entropy of the predicted density", "bit", optional=True),
        Column("psnr_db", float, "Peak signal-to-noise ratio to the original", "dB", optional=True),
        Column("clipped", float, "Share of pixel values at a limit, not so before", optional=True),
        *(replace(column, optional=True) for column in _NATURALNESS),
        *_CONTROL,
    ),
)

CREDITS = Schema(
    "credits",
    (
        _SOURCE_ID,
        Column("title", str, "Title of the photograph; n/a: none is stated"),
        Column("author", str, "Who made or published it"),
        Column("licence", str, "Name of its terms; unknown: none are stated"),
        Column("licence_address", str, "Where the terms stand"),
        Column("address", str, "Page or file of the photograph"),
        Column(
            "allows", Permission, "What the terms allow, as far as their words tell",
            levels={
                Permission.CHANGED: "Copies and versions may be passed on, on these terms",
                Permission.UNCHANGED: "No versions (NoDerivatives)",
                Permission.NOTHING: "All rights are reserved",
                Permission.UNKNOWN: "Not known; find out before publication",
            },
        ),
    ),
)  # fmt: skip

PROPOSALS = Schema(
    "proposals",
    (
        Column("rank", int, "Place of the photograph: those for objects, for entropy, the others"),
        Column("photograph", str, "File name"),
        Column(
            "entropy_room",
            float,
            "Change of the photograph's entropy that can be asked for in both directions",
            "bit",
            optional=True,
        ),
        Column("annotation_id", int, "COCO annotation of the object"),
        Column("category", str, "Of the object"),
        Column("area", float, "Share of the image that the object covers, after the cut"),
        Column("predicted", float, "p_obj of the photograph as it is, without centre bias"),
        Column("room", float, "Change in p_obj that can be asked for in both directions"),
        Column(
            "natural_room",
            float,
            "How far the object could be changed before it looks edited, 0 to 1; n/a: not measured",
            optional=True,
        ),
        Column(
            "used_for",
            ObjectUse,
            "What the object is used for",
            levels={
                ObjectUse.AIM: "Gaze is drawn to it in one version, kept from it in the other",
                ObjectUse.PARTNER: "Shifted the other way in the same versions",
                ObjectUse.ENTROPY: "Its photograph, without it",
                ObjectUse.NOTHING: "Nothing",
            },
        ),
        Column("because", str, "Why"),
    ),
)

TRANSFER = Schema(
    "transfer",
    (
        Column("transform", str, "What changed the photograph"),
        Column("photograph", str, "Its name"),
        Column("annotation_id", int, "COCO annotation of the object"),
        Column("k_shift", float, "Shift of log saliency that was asked for", "nat"),
        Column("predicted", float, "p_obj of the photograph as it is, without centre bias"),
        Column(
            "asked_change",
            float,
            "Change of p_obj in the target, which is made of the density of "
            "the saliency model of the settings, whatever guided the version",
        ),
        Column(
            "predicted_change", float, "Change of p_obj under the saliency model of the settings"
        ),
        Column(
            "second_change",
            float,
            "The least of the changes of p_obj under the models that took no part: of the model "
            "that sees the smallest change in the direction that was asked",
        ),
        _SECOND_CHANGES,
        Column("psnr_db", float, "Peak signal-to-noise ratio to the photograph", "dB"),
        Column("clipped", float, "Share of pixel values at a limit, not so before"),
        *_NATURALNESS,
        Column("seconds", float, "Time to make the version", "s"),
    ),
)

BLOCK_POSITIONS = ("first", "second", "third", "fourth")

BLOCKS = Schema(
    "blocks",
    (
        Column("order", int, "Order number; subject n has order (n - 1) modulo the orders, plus 1"),
        *(replace(_BLOCK, name=name, description=f"Block shown {name}")
          for name in BLOCK_POSITIONS[:3]),
        replace(
            _BLOCK, name=BLOCK_POSITIONS[3], optional=True,
            description="Block shown fourth, in studies with matched controls",
        ),
    ),
)  # fmt: skip

PARTICIPANTS = Schema(
    "participants",
    (
        Column("participant_id", str, "Participant, 'sub-' and the number"),
        Column("order", int, "Row of blocks.tsv"),
        Column(
            "observer",
            ParticipantKind,
            "Who looked",
            levels={
                ParticipantKind.HUMAN: "A person",
                ParticipantKind.SIMULATED: "A model",
                ParticipantKind.MOUSE: "A person's mouse, for trying out",
                ParticipantKind.DUMMY: "Nobody was recorded: a try-out without a tracker",
            },
        ),
    ),
)

EVENTS = Schema(
    "events",
    (
        Column("onset", float, "Image onset, from the first gaze sample", "s"),
        Column("duration", float, "Time from image onset to image offset", "s"),
        _TRIAL,
        _BLOCK,
        _POSITION,
        _STIM_ID,
        _SOURCE_ID,
        _CONDITION,
        _DIRECTION,
        Column(
            "status",
            TrialStatus,
            "How the trial went",
            levels={
                TrialStatus.COMPLETE: "Shown for the full time and recorded",
                TrialStatus.SKIPPED: "Skipped by the operator",
                TrialStatus.INTERRUPTED: "Broken off while under way; its data are not used",
                TrialStatus.UNRECORDED: "Shown for the full time, without a tracker",
            },
        ),
        Column("frames", int, "Frames for which the image was shown"),
        Column("dropped_frames", int, "Frames that passed without a flip while it was shown"),
        Column(
            "early_frames",
            int,
            "Flips less than half a frame after the one before",
            optional=True,
        ),
        Column(
            "on_time",
            bool,
            "Whether duration is session.image_s of study.toml, to "
            "session.tolerance_frames; n/a where the image was not shown to its end",
            optional=True,
        ),
        Column(
            "shown_by",
            ShownBy,
            "How the image came to be shown; n/a where it was not",
            levels={
                ShownBy.GAZE: "Gaze rested on the target, after the drift check if there is one",
                ShownBy.BY_HAND: "The operator showed it though gaze had not rested on the target",
                ShownBy.CHECK_SKIPPED: "The drift check before it was broken off",
                ShownBy.BY_TIME: "The target was shown for its time: nothing told where gaze was",
            },
            optional=True,
        ),
    ),
)

FIXATIONS = Schema(
    "fixations",
    (
        _SUBJECT,
        _BLOCK,
        _POSITION,
        _TRIAL,
        _STIM_ID,
        _SOURCE_ID,
        _CONDITION,
        _DIRECTION,
        Column("fixation", int, "From 1; 0 is the one under way when the image appeared"),
        Column("onset_ms", float, "From image onset; negative for fixation 0", "ms"),
        Column("duration_ms", float, "Duration", "ms"),
        Column("x_px", float, "In image pixels, from the left edge", "px"),
        Column("y_px", float, "In image pixels, from the top edge", "px"),
        Column("inside", bool, "Whether it lies on the image"),
        Column("beside_blink", bool, "Whether it is short and next to a blink", optional=True),
        Column(
            "excluded", str, "Rule of study.toml that leaves the trial out, or n/a", optional=True
        ),
    ),
)

# As analysis.run writes them: with what a regression of single fixations needs.
FIXATIONS_ON_TARGETS = Schema(
    "fixations",
    (
        *FIXATIONS.columns,
        Column("version", int, "0 on an original, 1 on a version", optional=True),
        Column(
            "target", str, "COCO annotations of the aim of the source, the first target of its "
            "versions; n/a: it has none. effects/trials.csv has the other targets too",
            optional=True,
        ),
        Column(
            "on_target", bool, "Whether the fixation lies on that target, in the original too; "
            "n/a: there is none", optional=True,
        ),
    ),
)  # fmt: skip

EFFECTS = Schema(
    "effects",
    (
        Column("subset", str, "Fixations used: all, first-block or first-fixation"),
        _SOURCE_ID,
        _STIM_ID,
        _CONDITION,
        _DIRECTION,
        Column(
            "measure",
            Measure,
            "What changed",
            levels={
                Measure.P_OBJ: "Probability of fixating the target",
                Measure.ENTROPY: "Entropy of the fixation density",
            },
        ),
        Column("annotation_ids", str, "The target, for p_obj"),
        Column(
            "observer",
            Viewer,
            "Whose fixation density",
            levels={
                Viewer.PEOPLE: "Recorded",
                Viewer.MODEL: "Predicted, with the measured centre bias",
            },
        ),
        Column("original", float, "Value for the original"),
        Column("version", float, "Value for the version"),
        Column("change", float, "version - original"),
        Column("relative_change", float, "(version - original) / original"),
        Column("n_original", int, "Fixations on the original"),
        Column("n_version", int, "Fixations on the version"),
        Column(
            "change_density",
            float,
            "Change of people's fitted densities, as published, whatever people's values are",
        ),
    ),
)
