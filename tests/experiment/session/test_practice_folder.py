"""The folder of practice images lies in the study, whatever its settings name."""

import pytest

from experiment.session.images import practice_trials
from stimuli.contract.settings import SessionSettings, Settings
from stimuli.support.errors import InputError


@pytest.mark.parametrize("name", ["/etc", "../other", "C:\\other"])
def test_a_practice_folder_outside_the_study_is_refused(name, tmp_path):
    settings = Settings(session=SessionSettings(practice=name))
    with pytest.raises(InputError, match=r"session\.practice: path .* leaves the folder"):
        practice_trials(tmp_path, "07", settings)
