"""A set that is made again elsewhere has the same bytes; where it has not, it is said why."""

import json

import pytest
from PIL import Image

from manipulation import compare_stimuli
from manipulation.study_stimuli.generation import generate_stimuli
from stimuli.contract.catalogue import read_catalogue, write_catalogue
from stimuli.support.files import sha256
from tests.small_study import propose_small_study


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """One study, proposed and made in two folders."""
    studies = []
    for name in ("first", "second"):
        study = propose_small_study(tmp_path_factory.mktemp(name) / "study", sources=1, steps=2)
        generate_stimuli(study)
        studies.append(study)
    return studies


def files(study):
    return {
        path.relative_to(study.root).as_posix(): sha256(path)
        for path in study.root.rglob("*")
        if path.is_file() and path != study.generate_provenance
    }


def test_the_same_study_made_elsewhere_has_the_same_bytes(twice, capsys):
    first, second = map(files, twice)
    assert {"stimuli/methods.txt", "stimuli/credits.tsv", "stimuli/contact_sheet.pdf"} <= set(first)
    assert first == second
    assert compare_stimuli.main([str(one.root) for one in twice]) == 0
    assert capsys.readouterr().out == "3 stimuli have the same bytes in both.\n"


def test_what_differs_is_said_with_what_may_be_why(twice, capsys):
    _, second = twice
    rows = list(read_catalogue(second.catalogue))
    last = rows[-1]
    path = second.root / last.image
    with Image.open(path) as picture:
        picture.rotate(90).save(path)
    rows[-1] = last.__class__(**{**vars(last), "image_sha256": sha256(path)})
    write_catalogue(second.catalogue, rows)
    record = second.stimuli / "made" / f"{last.stim_id}.json"
    content = json.loads(record.read_text())
    content["made_with"]["value"]["threads"] = "7"
    record.write_text(json.dumps(content))
    assert compare_stimuli.main([str(one.root) for one in twice]) == 1
    told = capsys.readouterr().out
    assert "2 stimuli have the same bytes in both." in told
    assert f"{last.stim_id} differs in image." in told
    assert "threads is 1 in the first and 1 or 7 in the second." in told
    assert "OMP_NUM_THREADS" in told
