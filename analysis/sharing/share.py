"""A study copied so that it can be published; nothing is written into the study itself.

Only what is known is copied, and what is copied is written anew without dates, names and free text.
Everything else stays at home and is named to whoever runs this, not in the copy.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from analysis.sessions.runs import SessionRun, read_participant_kinds, read_runs
from analysis.sharing.description import Contents, description, readme
from analysis.sharing.people import SharedPeople, write_people
from analysis.sharing.pictures import (
    check_permitted,
    shared_sources,
    write_proposals,
    write_sources,
    write_stimuli,
)
from analysis.sharing.sessions import SharedRun, shared_provenance, write_run
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.catalogue_checks import check_stimuli
from stimuli.contract.credits import credits_of
from stimuli.contract.locking import using_stimuli
from stimuli.contract.orders import read_blocks, write_blocks
from stimuli.contract.settings import Settings, TrackerSettings
from stimuli.contract.study import Study
from stimuli.contract.templates import sources_text
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.bare_pictures import write_bare_picture
from stimuli.support.checked import checked_tables
from stimuli.support.commented_toml import commented_section
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, sha256, umask, write_json, write_text
from stimuli.support.portable import portable
from stimuli.support.system import sync_folders
from stimuli.support.unfinished import (
    is_unfinished,
    remove_unfinished_studies,
    unfinished_folder,
)

SHARED_FILE = "shared.json"
# What may stand in the copy under another suffix: recordings, and photographs that became PNG.
_WRITTEN_OTHERWISE = (
    ".edf", ".EDF", ".asc.gz", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif",
)  # fmt: skip
_BIDSIGNORE = f"study.toml\nblocks.*\n{SHARED_FILE}\nstimuli/\nsourcedata/\nderivatives/\n"
# Made again by the toolkit, or of no use without it.
_MADE_AGAIN = ("derivatives/", "stimuli/made/", "stimuli/versions/", "stimuli/contact_sheet.pdf")


@dataclass(frozen=True)
class SharedStudy:
    """A copy that may be published, and what was left out of it.

    Attributes
    ----------
    root
        Folder of the copy.
    without
        Sources whose pictures are grey.
    people
        What became of the table of participants; None if there is none.
    runs
        What became of each run.
    left_out
        Files of the study that nothing in the copy stands for.
    """

    root: Path
    without: tuple[str, ...]
    people: SharedPeople | None
    runs: tuple[SharedRun, ...]
    left_out: tuple[str, ...]


def share_study(
    study: Study,
    out: str | Path,
    *,
    authors: Sequence[str] = (),
    licence: str = "",
    leave_out_pictures: bool = False,
    permitted: Collection[str] = (),
    keep_columns: Collection[str] = (),
    with_edf: bool = False,
) -> SharedStudy:
    """Copy a study so that it can be published.

    Parameters
    ----------
    study
        Opened with `stimuli.open_study`.
    out
        Folder of the copy: absent or empty, and outside of the study.
    authors, licence
        Of the dataset; by default those of the study's ``dataset_description.json``.
    leave_out_pictures
        Whether grey takes the place of photographs whose terms forbid versions to be passed on, or
        are unknown.
    permitted
        Sources of which you know that you may publish them, or `EVERY`.
    keep_columns
        Columns of ``participants.tsv`` that may be published beside the usual ones.
    with_edf
        Whether EDF files are copied as they are, with the time of recording in them.

    Returns
    -------
    SharedStudy

    Raises
    ------
    InputError
        If `out` is in use, a file of the study is not the one that was made or recorded, a
        photograph may not be published, or authors or licence are not stated. Nothing is written
        then.

    Examples
    --------
    >>> from analysis import share_study
    >>> from stimuli import open_study
    >>> study = open_study("demo-study")
    >>> shared = share_study(study, "to-publish", authors=["Mustermann, E."], licence="CC0")
    >>> shared.without, (shared.root / "dataset_description.json").is_file()
    ((), True)
    """
    out = Path(out)
    place = out.resolve()  # what a link leads to
    _check_free(study, out)
    described = description(study, authors, licence)
    with using_stimuli(study.root, "copies the study"):
        stimuli = read_catalogue(study.catalogue)
        check_stimuli(study.root, stimuli)
        credits = credits_of(stimuli)
        without = check_permitted(study, credits, permitted, leave_out=leave_out_pictures)
        runs = read_runs(study, stimuli) if study.runs_with_events() else []
        subjects = sorted({run.subject for run in runs})
        kinds = read_participant_kinds(study, subjects) if subjects else {}
        settings = _shared_settings(study)
        place.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished_studies(place.parent)
        with unfinished_folder(place) as temporary:
            temporary.chmod(0o777 & ~umask())
            copy = Study(temporary, settings)
            write_text(copy.settings_file, _settings_text(settings))
            shared = write_stimuli(study, copy, stimuli, without)
            _write_around_stimuli(study, copy, settings, without)
            people = None
            if study.participants.is_file():
                people = write_people(copy.participants, study.participants, keep_columns)
            written = _write_runs(study, copy, runs, stimuli, shared, with_edf=with_edf)
            write_json(copy.description, described)
            contents = Contents(settings, shared, credits, without, kinds, with_edf)
            write_text(temporary / "README.md", readme(described, contents))
            write_text(temporary / ".bidsignore", _BIDSIGNORE)
            left_out = _left_out(study, copy)
            _write_hashes(study, copy)
            os.replace(temporary, place)
        sync_folders(place.parent)
    return SharedStudy(out, tuple(without), people, tuple(written), left_out)


def _check_free(study: Study, out: Path) -> None:
    own, other = study.root.resolve(), out.resolve()
    if other.is_relative_to(own) or own.is_relative_to(other):
        raise InputError(f"{out}: holds the study or lies in it; expected a folder beside it")
    if other == Path.cwd() or os.path.ismount(other):
        raise InputError(
            f"{out}: is the current folder or the root of a disk, which cannot be replaced; "
            f"expected a new folder; name one in it"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is in use; expected a new or an empty folder; name another")


def _shared_settings(study: Study) -> Settings:
    """Return the settings with portable paths, without the address of the lab's tracker."""
    chosen = study.settings
    chosen = replace(
        chosen,
        sources=shared_sources(study),
        session=replace(chosen.session, practice=""),
        tracker=replace(chosen.tracker, address=TrackerSettings.address),
    )
    return checked_tables(Settings, portable(chosen.as_dict()), study.settings_file.name)


def _settings_text(settings: Settings) -> str:
    """Return ``study.toml`` with all that differs from the defaults, without anybody's remarks."""
    lines = ["# Every choice of this study. A line that starts with # shows the default.", ""]
    for spec in fields(settings):
        if spec.name != "sources":
            section = getattr(settings, spec.name)
            default = type(section)()
            stated = [one.name for one in fields(section)
                      if getattr(section, one.name) != getattr(default, one.name)]  # fmt: skip
            lines += commented_section(spec.name, section, stated)
    return "\n".join(lines) + "\n" + sources_text(settings.sources)


def _write_around_stimuli(
    study: Study, copy: Study, settings: Settings, without: Collection[str]
) -> None:
    """Write what the folder of stimuli holds beside the catalogue, and the orders of blocks."""
    write_sources(study, copy, settings, without)
    write_proposals(study, copy)
    if study.blocks.is_file():
        write_blocks(copy.blocks, read_blocks(study.blocks))
    if _is_as_generated(study, study.stimulus_methods):
        write_text(copy.stimulus_methods, study.stimulus_methods.read_text(encoding="utf-8"))
    sheet = study.stimuli / "contact_sheet.png"
    if _lies_in(study, sheet) and not without:
        write_bare_picture(copy.stimuli / sheet.name, sheet)
    if study.generate_provenance.is_file():
        content = shared_provenance(read_json(study.generate_provenance), copy)
        write_json(copy.generate_provenance, content)


def _lies_in(study: Study, path: Path) -> bool:
    """Return whether a file is there and in the study, not what a link leads to elsewhere."""
    return path.is_file() and path.resolve().is_relative_to(study.root.resolve())


def _is_as_generated(study: Study, path: Path) -> bool:
    """Return whether a text is the one that was generated, without anything that was added."""
    record = study.generate_provenance
    content = read_json(record) if _lies_in(study, path) and record.is_file() else {}
    outputs = content.get("outputs") if isinstance(content, dict) else {}
    name = path.relative_to(study.root).as_posix()
    return isinstance(outputs, dict) and outputs.get(name, "") == sha256(path)


def _write_runs(
    study: Study, copy: Study, runs: Sequence[SessionRun], stimuli: Sequence[Stimulus],
    shared: Sequence[Stimulus], *, with_edf: bool,
) -> list[SharedRun]:  # fmt: skip
    images = {one.stim_id: one.image_sha256 for one in stimuli}
    changed = any(one.image_sha256 != images[one.stim_id] for one in shared)
    by_name = {one.stim_id: one for one in shared}
    rows: dict[str, list[Mapping[str, object]]] = {}
    for run in runs:
        rows.setdefault(run.subject, []).extend(run.trials)
    return [
        write_run(run, study, copy, with_edf=with_edf, changed=changed, stimuli=by_name,
                  rows=rows[run.subject])
        for run in runs
    ]  # fmt: skip


def _files(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if path.is_file())
    return sorted(path.relative_to(root).as_posix() for path in found)


def _left_out(study: Study, copy: Study) -> tuple[str, ...]:
    """Return the files of a study that the copy has nothing for, but what can be made again."""
    there = set(_files(copy.root))
    stems = {_stem(name) for name in there if name.startswith(("sourcedata/", "stimuli/sources/"))}
    return tuple(
        name for name in _files(study.root)
        if name not in there and not (_stem(name) in stems and name.endswith(_WRITTEN_OTHERWISE))
        and not name.startswith((*_MADE_AGAIN, ".")) and not is_unfinished(Path(name).name)
    )  # fmt: skip


def _stem(name: str) -> str:
    return name.lower().removesuffix(".gz").rpartition(".")[0]


def _write_hashes(study: Study, copy: Study) -> None:
    """Write the SHA-256 of every file, and of what it was made from where that tells nothing.

    From the hash of a file with a date or a name these could be guessed, so there is none of
    recordings, journals, provenance and participants.
    """
    files = {}
    for name in _files(copy.root):
        entry = {"sha256": sha256(copy.root / name)}
        own = study.root / name
        if name.startswith("stimuli/") or name == copy.blocks.name or name.endswith("_events.tsv"):
            origin = sha256(own) if own.is_file() else None
            if origin not in (None, entry["sha256"]) and "provenance" not in name:
                entry["origin_sha256"] = str(origin)
        files[name] = entry
    write_json(copy.root / SHARED_FILE, {"files": files})
