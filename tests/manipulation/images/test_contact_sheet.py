"""Contact sheets of many sources come in pages, and pages of before that are none now go."""

import numpy as np

from manipulation.images import contact_sheet
from manipulation.images.contact_sheet import Panel, write_contact_sheets
from stimuli.support.files import image_size


def test_many_sources_come_in_pages_of_the_same_size(tmp_path, monkeypatch):
    monkeypatch.setattr(contact_sheet, "_PICTURE_ROWS", 1)
    square = np.full((16, 16), 1 / 256)
    panel = Panel("a", "p_obj 0.2", np.zeros((16, 16, 3), np.uint8), square)
    (tmp_path / "contact_sheet-9.png").write_bytes(b"")
    write_contact_sheets(tmp_path, [[panel]] * 2, "two")
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert pictures == ["contact_sheet-2.png", "contact_sheet.png"]
    assert len({image_size(tmp_path / name) for name in pictures}) == 1
    write_contact_sheets(tmp_path, [[panel]], "one")
    assert [path.name for path in tmp_path.glob("*.png")] == ["contact_sheet.png"]
    assert (tmp_path / "contact_sheet.pdf").read_bytes().startswith(b"%PDF")


def test_what_is_not_wanted_any_more_is_not_written_over_what_another_drew(tmp_path, monkeypatch):
    monkeypatch.setattr(contact_sheet, "_PICTURE_ROWS", 1)
    panel = Panel("a", "", np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 1 / 16))
    theirs = tmp_path / "contact_sheet.pdf"

    def until_another_draws():
        if any(tmp_path.iterdir()):
            theirs.write_bytes(b"theirs")
        return not theirs.exists()

    write_contact_sheets(tmp_path, [[panel]] * 2, "two", wanted=until_another_draws)
    assert sorted(one.name for one in tmp_path.iterdir()) == [theirs.name, "contact_sheet.png"]
    assert theirs.read_bytes() == b"theirs"
