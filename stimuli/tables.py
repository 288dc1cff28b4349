"""The tables that stages hand to each other: columns, units, reading and writing.

Tables are tab-separated with a header line, missing values are ``n/a``, and a JSON sidecar of the
same name describes every column, as BIDS asks. A row is a dict by column name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stimuli.errors import InputError, nearest
from stimuli.files import write_json, write_text

MISSING = "n/a"

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """One column: its name, type (`str`, `int`, `float`, `bool`), meaning, unit and levels."""

    name: str
    type: type
    description: str
    units: str | None = None
    levels: Mapping[str, str] | None = None
    optional: bool = False


@dataclass(frozen=True)
class Schema:
    """The columns of one kind of table, in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def sidecar(self) -> dict:
        """Return the BIDS description of the columns."""
        described = {}
        for column in self.columns:
            entry: dict = {"Description": column.description}
            if column.units:
                entry["Units"] = column.units
            if column.levels:
                entry["Levels"] = dict(column.levels)
            described[column.name] = entry
        return described


def _text(value: Value) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))
    text = str(value)
    if any(sign in text for sign in "\t\r\n"):
        raise ValueError(f"{text!r} cannot stand in a tab-separated table")
    return text


def _value(text: str, column: Column) -> Value:
    if text == MISSING:
        return None
    if column.type is bool:
        return {"true": True, "false": False}[text]
    return column.type(text)


def write_table(
    path: str | Path,
    schema: Schema,
    rows: Iterable[Mapping[str, Value]],
    *,
    sidecar: Mapping[str, object] | None = None,
) -> None:
    """Write rows and the JSON sidecar; `sidecar` adds entries beside the columns'.

    Raises
    ------
    ValueError
        If a row lacks a column or has one that the schema does not know.
    """
    path = Path(path)
    lines = ["\t".join(schema.names)]
    for row in rows:
        if set(row) != set(schema.names):
            raise ValueError(f"{schema.name} row has {sorted(row)}; expected {schema.names}")
        lines.append("\t".join(_text(row[name]) for name in schema.names))
    write_text(path, "\n".join(lines) + "\n")
    write_json(path.with_suffix(".json"), {**(sidecar or {}), **schema.sidecar()})


def read_table(path: str | Path, schema: Schema) -> list[dict[str, Value]]:
    """Read a table, check it against its schema, and convert the values.

    Columns that the schema does not know are ignored; an optional column may be absent.

    Raises
    ------
    InputError
        Names file, line, column, value and expectation.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such table") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error})") from None
    header: Sequence[str] = lines[0].split("\t") if lines else []
    for column in schema.columns:
        if column.name not in header and not column.optional:
            raise InputError(
                f"{path}: column {column.name!r} is missing; expected {', '.join(schema.names)}"
                f"{nearest(column.name, header)}"
            )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(header):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells; expected {len(header)} "
                f"as in the header; is the file complete?"
            )
        named = dict(zip(header, cells, strict=True))
        row: dict[str, Value] = {}
        for column in schema.columns:
            text = named.get(column.name, MISSING)
            try:
                row[column.name] = _value(text, column)
            except (ValueError, KeyError):
                raise InputError(
                    f"{path}, line {number}: {column.name} is {text!r}; "
                    f"expected {column.type.__name__} or {MISSING}"
                ) from None
            if column.levels and row[column.name] not in (None, *column.levels):
                raise InputError(
                    f"{path}, line {number}: {column.name} is {text!r}; "
                    f"expected one of {', '.join(column.levels)}"
                    f"{nearest(text, column.levels)}"
                )
        rows.append(row)
    return rows


_CONDITION = Column(
    "condition", str, "How the stimulus came to be",
    levels={
        "original": "Photograph as it was",
        "object": "Changed so that gaze goes to its targets, or leaves them",
        "entropy": "Changed so that gaze spreads, or gathers",
    },
)  # fmt: skip
_DIRECTION = Column(
    "direction", str, "Aim of the version: on p_obj (object) or on the entropy (entropy)",
    levels={"none": "An original", "increase": "More", "decrease": "Less"},
)  # fmt: skip
_BLOCK = Column(
    "block", str, "Set that the stimulus belongs to",
    levels={
        "originals": "Every source as it was",
        "versions-1": "One version of every source",
        "versions-2": "The other version of every source",
    },
)  # fmt: skip
_STIM_ID = Column("stim_id", str, "Stimulus, a row of stimuli/stimuli.tsv")
_SOURCE_ID = Column("source_id", str, "Photograph that the stimulus was made from")
_POSITION = Column("block_position", int, "1 for the block that this subject saw first")
_TRIAL = Column("trial", int, "Trial, counted from 1 over the session")
_SUBJECT = Column("subject", str, "Participant's number")

_TRANSFORM = {
    "none": "Nothing: an original",
    "edits": "Parametric edits of its regions",
    "network": "Networks trained to meet targets",
    "pixels": "Every pixel for itself: a control that fools the model",
}

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
        Column("mask", str, "Mask of each target (PNG, 255 inside), parted by ';'"),
        Column("k_scale", float, "Factor on the un-normalised log saliency (eq. 12)"),
        Column("image", str, "PNG as shown"),
        Column("target", str, "Log saliency that was asked for, without centre bias (npz)"),
        Column("prediction", str, "Log saliency predicted for the image, without centre bias"),
        Column("image_sha256", str, "SHA-256 of the PNG"),
        Column("source_sha256", str, "SHA-256 of the photograph"),
        Column("checkpoint_sha256", str, "SHA-256 of the saliency model's weights"),
        Column("licence", str, "Terms of the photograph"),
        Column("transform", str, "What changed the photograph", levels=_TRANSFORM, optional=True),
        Column(
            "predicted",
            float,
            "p_obj of the first target, or entropy in bits, under the model that guided the change",
            optional=True,
        ),
        Column("asked_change", float, "Change of that value in the target", optional=True),
        Column("predicted_change", float, "Change of that value in the version", optional=True),
        Column(
            "second_change",
            float,
            "The same change under a model that took no part in making the version",
            optional=True,
        ),
        Column("transfer", float, "second_change / predicted_change", optional=True),
        Column("agrees", bool, "Whether both changes have one sign", optional=True),
        Column("entropy_bits", float, "Entropy of the predicted density", "bit", optional=True),
        Column("psnr_db", float, "Peak signal-to-noise ratio to the original", "dB", optional=True),
        Column("clipped", float, "Share of pixel values at a limit, not so before", optional=True),
        Column("feature_distance", float, "Distance to the original in features", optional=True),
    ),
)

PROPOSALS = Schema(
    "proposals",
    (
        Column("rank", int, "Place of the photograph by the room of its best object"),
        Column("photograph", str, "File name"),
        Column("annotation_id", int, "COCO annotation of the object"),
        Column("category", str, "Of the object"),
        Column("area", float, "Share of the square image that the object covers"),
        Column("predicted", float, "p_obj of the photograph as it is, without centre bias"),
        Column("room", float, "Change in p_obj that can be asked for in both directions"),
        Column(
            "used_for",
            str,
            "What the object is used for",
            levels={
                "aim": "Gaze is drawn to it in one version, kept from it in the other",
                "partner": "Shifted the other way in the same versions",
                "entropy": "Its photograph, without it",
                "nothing": "Nothing",
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
        Column("asked_change", float, "Change of p_obj in the target"),
        Column("predicted_change", float, "Change of p_obj under the model that guided"),
        Column("second_change", float, "Change of p_obj under the model that took no part"),
        Column("psnr_db", float, "Peak signal-to-noise ratio to the photograph", "dB"),
        Column("clipped", float, "Share of pixel values at a limit, not so before"),
        Column("feature_distance", float, "Distance to the photograph in features"),
        Column("seconds", float, "Time to make the version", "s"),
    ),
)

BLOCKS = Schema(
    "blocks",
    (
        Column("order", int, "Order number; subject n has order (n - 1) modulo the orders, plus 1"),
        Column("first", str, "Block shown first", levels=_BLOCK.levels),
        Column("second", str, "Block shown second", levels=_BLOCK.levels),
        Column("third", str, "Block shown third", levels=_BLOCK.levels),
    ),
)

PARTICIPANTS = Schema(
    "participants",
    (
        Column("participant_id", str, "Participant, 'sub-' and the number"),
        Column("order", int, "Row of blocks.tsv"),
        Column(
            "observer",
            str,
            "Who looked",
            levels={
                "human": "A person",
                "simulated": "A model",
                "mouse": "A person's mouse, for trying out",
                "dummy": "Nobody was recorded: a try-out without a tracker",
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
            str,
            "How the trial went",
            levels={
                "complete": "Shown for the full time and recorded",
                "skipped": "Skipped by the operator",
                "interrupted": "Broken off while under way; its data are not used",
                "unrecorded": "Shown for the full time, without a tracker",
            },
        ),
        Column("frames", int, "Frames for which the image was shown"),
        Column("dropped_frames", int, "Frames that came late by at least half a frame"),
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
            str,
            "What changed",
            levels={
                "p_obj": "Probability of fixating the target",
                "entropy_bits": "Entropy of the fixation density",
            },
        ),
        Column("annotation_ids", str, "The target, for p_obj"),
        Column(
            "observer",
            str,
            "Whose fixation density",
            levels={"people": "Recorded", "model": "Predicted, with the measured centre bias"},
        ),
        Column("original", float, "Value for the original"),
        Column("version", float, "Value for the version"),
        Column("change", float, "version - original"),
        Column("relative_change", float, "(version - original) / original"),
        Column("n_original", int, "Fixations on the original"),
        Column("n_version", int, "Fixations on the version"),
    ),
)
