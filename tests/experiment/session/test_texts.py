"""What the participant reads is the study's own where it has words of its own."""

from experiment.session.texts import TEXTS, read_texts
from stimuli.contract.settings import Settings
from stimuli.contract.study import Study


def test_the_studys_own_instructions_take_the_place_of_ours(tmp_path):
    study = Study(tmp_path, Settings())
    assert "Leertaste" in read_texts(study, "de").instructions
    (tmp_path / "instructions_de.txt").write_text("Schauen Sie.\n")
    assert read_texts(study, "de").instructions == "Schauen Sie."
    assert read_texts(study, "de").rest == TEXTS["de"].rest
