"""Reads one EDF file with SR Research's library, in a process of its own.

The library refuses files that were cut, prints to the standard output, and a damaged file can take
the whole process with it. So `analysis.recordings.edf` runs this file as a program, which needs
nothing but the bindings and the library that eyelinkio brings, and writes what it reads as frames
(see `FRAME`) to its standard output. What was written before an untimely end counts.

A file that was cut is mended: the library accepts one that ends between two records when two zero
bytes follow, so that ends further and further before the cut are tried.
"""

import ctypes
import os
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

FRAME = struct.Struct("<cI")
"""Kind of a frame and length of what follows: P preamble, R recording, E event, M message,
S samples, A attempt to mend, X error, Z end."""

RECORDING = struct.Struct("<IBBf")
"""Time, whether recording starts (1) or ends (0), eye (1 left, 2 right, 3 both), sample rate."""

EVENT = struct.Struct("<hhII15f")
"""Type, eye, start, end, then the fields of `EVENT_FIELDS`."""

EVENT_FIELDS = (
    "gstx", "gsty", "genx", "geny", "gavx", "gavy", "ava", "pvel", "avel",
    "supd_x", "eupd_x", "supd_y", "eupd_y", "sta", "ena",
)  # fmt: skip

SAMPLE_FIELDS = {"time": "<u4", "pa": "<2f4", "gx": "<2f4", "gy": "<2f4", "flags": "<u2"}
SAMPLE_OFFSETS = (0, 36, 44, 52, 180)
SAMPLE_BYTES = 182
"""Where these fields stand in the library's FSAMPLE, of which the first bytes are passed on."""

STARTBLINK, ENDBLINK, STARTSACC, ENDSACC, STARTFIX, ENDFIX = range(3, 9)
_MESSAGE, _SAMPLE, _RECORDING = 24, 200, 30
_LONGEST_RECORD = 600
_FLUSH_BYTES = 1 << 16


class _Frames:
    """Writes frames; samples are gathered, everything else is written at once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._samples = descriptor, bytearray()

    def sample(self, content: bytes) -> None:
        self._samples += content
        if len(self._samples) >= _FLUSH_BYTES:
            self._flush()

    def write(self, kind: bytes, content: bytes = b"") -> None:
        self._flush()
        self._write(kind, content)

    def _flush(self) -> None:
        if self._samples:
            self._write(b"S", bytes(self._samples))
            self._samples.clear()

    def _write(self, kind: bytes, content: bytes) -> None:
        left = memoryview(FRAME.pack(kind, len(content)) + content)
        while left:
            left = left[os.write(self._descriptor, left) :]


def _main(path: str, with_samples: bool, first_attempt: int) -> None:
    frames = _Frames(os.dup(1))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        from eyelinkio.edf import _edf2py as library
    except (ImportError, OSError, AssertionError) as error:
        frames.write(b"X", f"library: {error}".encode())
        return

    def opened(name: str) -> object | None:
        status = ctypes.c_int(-1)
        # Consistency 2 mends what the tracker wrote unsoundly around blinks: ends of saccades with
        # the wrong start, and blinks in two pieces. eyelinkio and edf2asc ask for the same.
        file = library.edf_open_file(os.fsencode(name), 2, 1, int(with_samples), status)
        return file if file and status.value == 0 else None

    with tempfile.TemporaryDirectory() as folder:
        file = opened(path) if first_attempt < 0 else None
        if file is None:
            file = _mended(Path(path), Path(folder, "mended.edf"), opened, frames, first_attempt)
        if file is None:
            frames.write(b"X", b"file")
            return
        frames.write(b"P", _preamble(library, file))
        _pass_on(library, file, frames)
        frames.write(b"Z")
        library.edf_close_file(file)


def _mended(
    path: Path, copy: Path, opened: Callable[[str], object | None], frames: _Frames, first: int
) -> object | None:
    content = path.read_bytes()
    for lost in range(max(first, 0), min(_LONGEST_RECORD, len(content))):
        # Said before it is tried: a crash then tells where to go on.
        frames.write(b"A", struct.pack("<I", lost))
        copy.write_bytes(content[: len(content) - lost] + b"\0\0")
        if (file := opened(str(copy))) is not None:
            return file
    return None


def _preamble(library: Any, file: object) -> bytes:
    length = library.edf_get_preamble_text_length(file)
    text = ctypes.create_string_buffer(max(length, 0) + 1)
    library.edf_get_preamble_text(file, text, length + 1)
    return text.value


def _items(library: Any, file: object) -> Iterator[tuple[int, int]]:
    """Yield type and address of every item of the file."""
    address_of = library.edfapi["edf_get_float_data"]  # not the shared one, whose type is set
    address_of.argtypes, address_of.restype = library.edf_get_float_data.argtypes, ctypes.c_void_p
    while kind := library.edf_get_next_data(file):
        if address := address_of(file):
            yield kind, address


def _pass_on(library: Any, file: object, frames: _Frames) -> None:
    for kind, address in _items(library, file):
        if kind == _SAMPLE:
            frames.sample(ctypes.string_at(address, SAMPLE_BYTES))
        elif kind == _RECORDING:
            one = library.RECORDINGS.from_address(address)
            frames.write(b"R", RECORDING.pack(one.time, one.state, one.eye, one.sample_rate))
        elif kind == _MESSAGE:
            event = library.FEVENT.from_address(address)
            text = b""
            if event.message:
                # An LSTRING: a two-byte length, then the characters.
                start = ctypes.addressof(event.message.contents)
                text = ctypes.string_at(start + 2, max(event.message.contents.len, 0))
            frames.write(b"M", struct.pack("<I", event.sttime) + text)
        elif STARTBLINK <= kind <= ENDFIX:
            event = library.FEVENT.from_address(address)
            fields = (getattr(event, name) for name in EVENT_FIELDS)
            frames.write(b"E", EVENT.pack(kind, event.eye, event.sttime, event.entime, *fields))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2] == "samples", int(sys.argv[3]))
