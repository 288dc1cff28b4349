"""One fault at a random moment and what must hold afterwards; each returns whether it struck.

`long` does them many times, the tests a few.
"""

import functools
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis import run as analysis_run
from experiment import run as experiment_run
from experiment.display.virtual import VirtualClock
from experiment.records.journal import Journal, LineKind
from stimuli.contract.catalogue import read_catalogue, write_catalogue
from stimuli.contract.catalogue_checks import check_stimuli
from stimuli.contract.journal import read_journal
from stimuli.contract.locking import changing_stimuli
from stimuli.contract.masks import read_annotations
from stimuli.contract.orders import read_blocks
from stimuli.contract.settings import read_settings
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError
from stimuli.support.files import sha256, write_bytes, write_json
from tests.experiment.conftest import build_study
from tests.experiment.subjects.killing import check_whole, journals, killed_session
from tests.faults.processes import (
    command,
    ended,
    killed_after,
    leftovers,
    said_by,
    start,
    with_full_disk,
)

Random = np.random.Generator
TRIALS = 12  # of a subject in the small study


def killed_write(folder: Path, random: Random) -> bool:
    """A file that is written again and again is the old or the new one, and nothing is left."""
    path, sizes = folder / "table.tsv", (100_000, 300_000)
    write_bytes(path, b"a" * sizes[0])

    def write() -> None:
        while True:
            for letter, size in zip((b"b", b"a"), sizes[::-1], strict=True):
                write_bytes(path, letter * size)

    struck = killed_after(random.uniform(0.005, 0.06), write)
    content = path.read_bytes()
    assert content in (b"a" * sizes[0], b"b" * sizes[1])
    assert ended(start(lambda: write_bytes(path, b"next"))) == 0  # the next run of its purpose
    assert path.read_bytes() == b"next"
    assert leftovers(folder) == []
    return struck


def killed_journal(folder: Path, random: Random) -> bool:
    """Every line that was written before a kill is read again."""
    path, told = folder / f"journal-{random.integers(2**40)}.jsonl", folder / "told"
    told.write_text("0")

    def write() -> None:
        with open(told, "r+") as known, Journal(path, VirtualClock()) as journal:
            while True:
                known.seek(0)
                known.write(str(len(journal.lines)))
                known.flush()
                journal.write(LineKind.RESTED, text="x" * 2000)

    struck = killed_after(random.uniform(0.01, 0.06), write)
    lines = read_journal(path) if path.exists() else []
    assert len(lines) in (int(told.read_text()), int(told.read_text()) + 1)
    return struck


def killed_lock(folder: Path, random: Random) -> bool:
    """Whoever takes the lock of a process that was killed has it at once."""

    def hold() -> None:
        while True:
            with changing_stimuli(folder, "makes the stimuli"):
                pass

    struck = killed_after(random.uniform(0.001, 0.03), hold)
    with changing_stimuli(folder, "makes the stimuli"):
        pass
    assert leftovers(folder) == []
    return struck


def contended_lock(folder: Path, random: Random) -> bool:
    """Four processes that add to a number under a lock lose no addition."""
    number, times = folder / "number", int(random.integers(5, 20))
    number.write_text("0")

    def add() -> None:
        from stimuli.support.locks import held

        for _ in range(times):
            with held(folder / ".number.lock", "adds", wait_s=60):
                number.write_text(str(int(number.read_text()) + 1))

    for process in [start(add) for _ in range(4)]:
        assert ended(process) == 0
    assert int(number.read_text()) == 4 * times
    assert leftovers(folder) == []
    return True


def killed_recording(study: Path, subject: int, usual_s: float, random: Random) -> bool:
    """A session that is killed, and killed again, is resumed until every trial stands once."""
    kills = killed_session(study, subject, usual_s, random)
    _, interrupted = check_whole(study, subject, TRIALS)
    assert interrupted <= kills
    assert leftovers(study) == []
    return kills > 0


def full_disk_while_recording(study: Path, subject: int, random: Random) -> bool:
    """A full disk ends a session with one line, and it is resumed to every trial once."""
    arguments = ("--study", study, "--subject", subject, "--simulate")
    limit = int(random.integers(200, 700_000))
    status, said = said_by(with_full_disk(limit, command(experiment_run.main, *arguments)))
    struck = status == 1
    if struck:
        errors = [line for line in said.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, said
        assert "Traceback" not in said, said
        assert "File too large; " in errors[0], said
        for path in journals(study, subject):
            read_journal(path)
        status, said = said_by(command(experiment_run.main, *arguments, "--resume"))
    assert status == 0, said
    _, interrupted = check_whole(study, subject, TRIALS)
    assert interrupted <= 1
    assert leftovers(study) == []
    return struck


def killed_analysis(study: Path, expected: dict[str, str], usual_s: float, random: Random) -> bool:
    """An analysis that is killed and run again leaves what one that is left alone does."""
    shutil.rmtree(study / "derivatives", ignore_errors=True)
    struck = killed_after(random.uniform(0.0, usual_s), command(analysis_run.main, study))
    status, said = said_by(command(analysis_run.main, study))
    assert status == 0, said
    assert tables(study) == expected
    assert leftovers(study) == []
    return struck


def tables(study: Path) -> dict[str, str]:
    """Return the SHA-256 of the tables of an analysis."""
    folder = open_study(study).derivatives
    return {one.relative_to(folder).as_posix(): sha256(one) for one in folder.rglob("*.csv")}


def flipped_bit(study: Path, random: Random) -> bool:
    """A bit that flips anywhere in a file that the catalogue names is found before it is used."""
    stimuli = read_catalogue(open_study(study).catalogue)
    named = sorted({name for one in stimuli for name, digest in one.files.items() if digest})
    path = study / named[random.integers(len(named))]
    whole = path.read_bytes()
    at, bit = int(random.integers(len(whole))), 1 << int(random.integers(8))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
    try:
        check_stimuli(study, stimuli)
    except InputError as error:
        found = str(path) in str(error)
    else:
        found = False
    path.write_bytes(whole)
    assert found, f"{path}: bit {bit} of byte {at}"
    return True


_ODD = (
    b"", b"\0", b"\xff", b"\t", b"\n", b'"', b"[", b"{", b"-1", b"nan", b"1e999", b"9" * 5000,
    b"../../etc/passwd", b"\xef\xbb\xbf", b"null", b"n/a",
)  # fmt: skip


def damaged_text(study: Path, random: Random) -> bool:
    """A text with damage anywhere is read or refused by an error of ours; return whether refused.

    Of a journal whose damage is not refused, at most what was written last is missing.
    """
    texts = readable_texts(study)
    name = sorted(texts)[random.integers(len(texts))]
    whole, read = texts[name]
    path = study / f"damaged-{Path(name).name}"
    text = whole
    for _ in range(int(random.integers(1, 4))):
        at, length = (int(random.integers(len(text) + 1)) for _ in range(2))
        end = min(len(text), at + length % int(random.choice([1, 2, 20, 2000])))
        odd = _ODD[random.integers(len(_ODD))] if random.random() < 0.7 else text[at:end] * 2
        text = text[:at] + odd + text[end:]
    path.write_bytes(text)
    try:
        found = read(path)
    except InputError:
        return True
    except Exception as error:
        raise AssertionError(f"{name}, {text!r}: {error!r}") from error
    if name.endswith(".jsonl"):
        path.write_bytes(whole)
        lines = read(path)
        assert found in (lines[: len(found)], lines[: len(found) - 1]), f"{text!r}"
    return False


@functools.cache
def readable_texts(study: Path) -> dict[str, tuple[bytes, Callable[[Path], object]]]:
    """Return texts of every kind that a study reads, with what reads them."""
    journal = study / "journal.jsonl"
    with Journal(journal, VirtualClock()) as written:
        for number in range(12):
            written.write(LineKind.RESTED, text=f"{number} \u00e4")
    annotations = study / "annotations.json"
    outline = [[1, 1, 5, 1, 5, 4]]
    write_json(annotations, {
        "images": [{"id": 7, "file_name": "a.jpg", "height": 6, "width": 8, "license": 1}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "segmentation": outline}],
        "licenses": [{"id": 1, "name": "CC", "url": None}],
        "categories": [{"id": 1, "name": "cup"}],
    })  # fmt: skip
    opened = open_study(study)
    readers: dict[Path, Callable[[Path], object]] = {
        opened.settings_file: read_settings,
        opened.catalogue: read_catalogue,
        opened.blocks: read_blocks,
        annotations: lambda path: read_annotations(path).mask(7, [1]),
        journal: read_journal,
    }
    return {path.name: (path.read_bytes(), read) for path, read in readers.items()}


def killed_generation(
    study: Path, expected: dict[str, str], usual_s: float, random: Random
) -> bool:
    """Stimuli whose making is killed are made to the end by the next run, to the same bytes."""
    from manipulation import generate

    for name in ("images", "versions", "targets", "predictions", "made"):
        shutil.rmtree(study / "stimuli" / name)
    (study / "stimuli" / "stimuli.tsv").unlink()
    work = command(generate.main, "--study", study)
    struck = killed_after(random.uniform(0.0, usual_s), work)
    status, said = said_by(work)
    assert status == 0, said
    assert made(study) == expected
    assert leftovers(study) == []
    return struck


def made(study: Path) -> dict[str, str]:
    """Return the SHA-256 of the files of the stimuli of a study but for the record of the run."""
    return {
        one.relative_to(study).as_posix(): sha256(one)
        for one in (study / "stimuli").rglob("*")
        if one.is_file() and one.name != "generate.provenance.json"
    }


def hashed_study(root: Path) -> Path:
    """Return a small study whose catalogue has the SHA-256 of every file."""
    study = open_study(build_study(root))
    write_catalogue(
        study.catalogue,
        [
            replace(
                one,
                prediction_sha256=sha256(root / one.prediction),
                targets=tuple(
                    replace(target, mask_sha256=sha256(root / target.mask))
                    for target in one.targets
                ),
            )
            for one in read_catalogue(study.catalogue)
        ],
    )
    return root
