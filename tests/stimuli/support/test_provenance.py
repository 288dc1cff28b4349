"""A sidecar lists files with their hashes, and folders by those of the files in them."""

import json

from stimuli.support.files import sha256
from stimuli.support.provenance import write_sidecar


def inputs_of(tmp_path, *inputs):
    path = tmp_path / "sidecar.json"
    write_sidecar(path, command="test", settings={}, inputs=inputs)
    return json.loads(path.read_text())["inputs"]


def test_a_folder_is_known_by_its_files_and_their_names(tmp_path):
    folder = tmp_path / "SCANPATHS"
    (folder / "first").mkdir(parents=True)
    (folder / "first" / "ajs").write_text("1 2 0 1")
    table = tmp_path / "fixations.csv"
    table.write_text("image,x_px,y_px")
    first = inputs_of(tmp_path, folder, table)
    assert first[table.name] == sha256(table)
    assert inputs_of(tmp_path, folder, table) == first
    (folder / "first" / "ajs").rename(folder / "first" / "hp")
    renamed = inputs_of(tmp_path, folder, table)
    (folder / "first" / "hp").write_text("1 2 0 3")
    changed = inputs_of(tmp_path, folder, table)
    hashes = {one[folder.name] for one in (first, renamed, changed)}
    assert len(hashes) == 3
