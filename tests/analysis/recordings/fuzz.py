"""Mutated recordings by the thousand: ``python -m tests.analysis.recordings.fuzz``.

Every one must give a sound recording or our own error. ASC is parsed in this process, EDF in
processes of its own, as always. The tests run a smaller share of the same by hypothesis.
"""

import argparse
import collections
import gzip
import tempfile
import traceback
from pathlib import Path

import numpy as np

from analysis.fixations.blinks import beside_blinks
from analysis.fixations.trials import block_eyes, during_image, of_one_eye
from analysis.recordings import edf
from analysis.recordings.asc import parse_asc
from analysis.sessions.messages import image_onsets
from stimuli.support.errors import InputError
from tests.data import DATA

EYELINK = DATA / "eyelink"

_JUNK = (b"", b"\n", b"\r", b"\t", b"\0", b".", b"-", b"inf", b"nan", b"1e999", b"9" * 40, b"\xff",
         b"EFIX L ", b"START\t", b"END\t", b"MSG\t", b"SFIX R 1\n", b"\xe9\xfc")  # fmt: skip


def check_sound(recording, *, samples: bool = True) -> None:
    """Assert that nothing of a recording is unsound, and that what follows can use it."""
    n_blocks = len(recording.blocks)
    for table in (recording.fixations, recording.saccades, recording.blinks):
        numbers = table.drop(columns="eye").to_numpy(float)
        assert not np.isinf(numbers).any()
        assert not (table["start_ms"] > table["end_ms"]).any()
        assert not (table["duration_ms"] < 0).any()
        assert table["eye"].isin(["L", "R"]).all()
        assert table["block"].between(0, n_blocks).all()
    assert np.isfinite(recording.messages["time_ms"]).all()
    assert not (recording.blocks["start_ms"] > recording.blocks["end_ms"]).any()
    for table in (recording.calibrations, recording.validations, recording.validation_points,
                  recording.drift_checks):  # fmt: skip
        assert np.isfinite(table["time_ms"]).all()
    if samples:
        gaze = recording.samples()
        assert np.isfinite(gaze["time_ms"]).all()
        assert gaze["block"].between(1, max(n_blocks, 1)).all()
    assert all(count > 0 for count in recording.warnings.values())
    eyes = block_eyes(recording.fixations, recording.blocks, "left")
    fixations = of_one_eye(recording.fixations, eyes)
    beside_blinks(fixations, recording.blinks, 80, 60)
    for onset_ms in image_onsets(recording.messages).values():
        during_image(fixations, onset_ms, 3000.0)


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    """Return a recording with a few bytes, lines or its end changed."""
    out = bytearray(content)
    for _ in range(generator.integers(1, 6)):
        place = int(generator.integers(0, max(len(out), 1)))
        kind = generator.integers(0, 5)
        if kind == 0:
            out[place : place + int(generator.integers(0, 4))] = generator.bytes(
                int(generator.integers(0, 4))
            )
        elif kind == 1:
            out[place : place + int(generator.integers(0, 12))] = _JUNK[
                generator.integers(len(_JUNK))
            ]
        elif kind == 2:
            del out[place:]
        elif kind == 3:  # a stretch twice, or elsewhere
            stretch = bytes(out[place : place + int(generator.integers(1, 400))])
            other = int(generator.integers(0, max(len(out), 1)))
            out[other:other] = stretch
        else:
            del out[place : place + int(generator.integers(1, 400))]
    return bytes(out)


def asc_seeds() -> list[bytes]:
    """Return a few kilobytes of every real ASC file: some of its head, some of a block."""
    seeds = []
    for path in sorted(EYELINK.glob("*.asc*")):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        start = content.find(b"\nSTART")
        tail = content.rfind(b"\nEFIX")
        seeds.append(
            content[:1500] + content[start - 800 : start + 3000] + content[tail - 600 :][:1800]
        )
    return seeds


def edf_seeds() -> list[bytes]:
    """Return the beginning of every real EDF file, ended between two records."""
    return [path.read_bytes()[:20_000] for path in sorted(EYELINK.glob("*.edf"))]


def main() -> None:
    """Run as many mutations as asked for; say how they ended; fail on the first unsound one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asc", type=int, default=99_000)
    parser.add_argument("--edf", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    generator = np.random.default_rng(arguments.seed)
    ended: collections.Counter[str] = collections.Counter()
    edf._SECONDS = 15.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mutated.edf")
        for kind, seeds, count in (("asc", asc_seeds(), arguments.asc),
                                   ("edf", edf_seeds(), arguments.edf)):  # fmt: skip
            for number in range(count):
                content = mutated(seeds[number % len(seeds)], generator)
                if kind == "asc" and number % 7 == 0:
                    content = mutated(gzip.compress(content), generator)
                try:
                    if kind == "asc":
                        recording = parse_asc(content)
                    else:
                        path.write_bytes(content)
                        recording = edf.read_edf(path)
                    check_sound(recording, samples=number % 5 == 0)
                    warned = "with warnings" if recording.warnings else "whole"
                    ended[f"{kind} sound, {warned}"] += 1
                except InputError:
                    ended[f"{kind} refused"] += 1
                except Exception:
                    failed = Path(tempfile.gettempdir(), f"failed-{number}.{kind}")
                    failed.write_bytes(content)
                    traceback.print_exc()
                    raise SystemExit(f"{failed} is unsound") from None
                if number % 1000 == 999:
                    print(kind, number + 1, dict(ended), flush=True)
    print(dict(ended))


if __name__ == "__main__":
    main()
