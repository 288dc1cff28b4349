"""A recording as EyeLink text that says neither when nor of whom it was.

An ASC file keeps its samples, events and messages of known words. An EDF file cannot be written
anew, so its content becomes such a text, with the numbers that the analysis reads from the EDF.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.recordings.asc_text import decoded, text_lines
from analysis.recordings.recording import Recording
from analysis.sharing.messages import is_known

_REMARKS = ("TYPE:", "VERSION:", "SOURCE:", "EYELINK", "CAMERA:")  # that name no date and nobody
_WORDS = frozenset(
    ("START", "END", "PRESCALER", "VPRESCALER", "PUPIL", "EVENTS", "SAMPLES", "SFIX", "EFIX",
     "SSACC", "ESACC", "SBLINK", "EBLINK", "INPUT", "BUTTON")
)  # fmt: skip
_SIDES = {"L": "LEFT", "R": "RIGHT"}
_NO_START = "4294967295"  # what a tracker writes for the start of an event that it lost
_LOST = "."


@dataclass(frozen=True)
class SharedRecording:
    """A recording that may be published.

    Attributes
    ----------
    text
        EyeLink text.
    left_out
        Number of messages of other words.
    """

    text: str
    left_out: int


def cleaned_asc(path: Path) -> SharedRecording:
    """Return an ASC file without remarks that tell who, when and where, and without free text."""
    lines, left_out = [], 0
    for line in text_lines(path.read_bytes(), str(path), Counter()):
        text = decoded(line)
        kind, *words = text.split(None, 2)[:3] or [""]
        if kind == "MSG":
            known = len(words) == 2 and is_known(words[1].strip())
            left_out += not known
        elif text.startswith("**"):
            known = text[2:].strip().startswith(_REMARKS)
        else:
            known = text[:1].isdigit() or kind in _WORDS
        lines += [text] * known
    return SharedRecording("\n".join(lines) + "\n", left_out)


def recording_as_asc(recording: Recording) -> SharedRecording:
    """Return a recording of any file as EyeLink text, its numbers to the last digit."""
    known = recording.messages["text"].map(lambda text: is_known(str(text).strip()))
    messages = recording.messages[known]
    remarks = [one for one in recording.preamble if one.startswith(_REMARKS)]
    lines = [f"** {one}" for one in remarks]
    samples = recording.samples()
    outside = messages[messages["block"] == 0]
    written = 0
    for block in recording.blocks.itertuples(index=False):
        before = outside.iloc[written:]
        before = before[before["time_ms"] <= block.start_ms]
        lines += _messages(before)
        written += len(before)
        lines += _block(block, recording, messages, samples)
    lines += _messages(outside.iloc[written:])
    return SharedRecording("\n".join(lines) + "\n", int((~known).sum()))


def _block(
    block: tuple, recording: Recording, messages: pd.DataFrame, samples: pd.DataFrame
) -> Iterator[str]:
    number, start_ms, end_ms, eyes, rate_hz = block
    sides = " ".join(_SIDES[eye] for eye in str(eyes))
    yield f"START\t{_time(start_ms)}\t{sides}\tSAMPLES\tEVENTS"
    rate = "" if math.isnan(rate_hz) else f"\tRATE\t{rate_hz:.2f}"
    for kind in ("EVENTS", "SAMPLES"):
        yield f"{kind}\tGAZE\t{sides}{rate}"
    yield from _messages(messages[messages["block"] == number])
    for word, table in (
        ("EFIX", recording.fixations), ("ESACC", recording.saccades), ("EBLINK", recording.blinks)
    ):  # fmt: skip
        yield from _events(word, table[table["block"] == number])
    if len(samples):
        own = samples[samples["block"] == number].drop(columns="block")
        names = [name for side in str(eyes) for name in own.columns if _side(side) in name]
        doubled = rate_hz == 2000  # two samples have the stamp of one whole millisecond
        for time_ms, *values in own[["time_ms", *names]].itertuples(index=False):
            stamp = str(math.floor(time_ms)) if doubled else _time(time_ms)
            yield "\t".join([stamp, *map(_value, values), "..."])
    if not math.isnan(end_ms):
        yield f"END\t{_time(end_ms)}\tSAMPLES\tEVENTS"


def _side(eye: str) -> str:
    return f"_{_SIDES[eye].lower()}"


def _messages(messages: pd.DataFrame) -> list[str]:
    return [
        f"MSG\t{_time(time_ms)} {' '.join(text.split())}"
        for _, time_ms, text in messages.itertuples(index=False)
    ]  # fmt: skip


def _events(word: str, table: pd.DataFrame) -> Iterable[str]:
    for _, eye, start_ms, end_ms, duration_ms, *values in table.itertuples(index=False):
        if math.isnan(start_ms):
            times = [_NO_START, _time(end_ms), "0"]
        else:
            times = [_time(start_ms), _time(end_ms), _time(duration_ms)]
        yield "\t".join([f"{word} {eye}", *times, *map(_value, values)])


def _time(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _value(value: float) -> str:
    return _LOST if math.isnan(value) else repr(float(value))
