"""When the image of a trial appeared, by the tracker's messages."""

import pandas as pd

from analysis.sessions.messages import image_onsets, trial_stimuli, true_times


def messages(*lines: tuple[float, str]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["time_ms", "text"])


def test_the_offset_is_subtracted_as_data_viewer_does():
    table = true_times(messages((1250, "750 onset"), (1000, "-3 SYNCTIME"), (7, "12"), (8, "a 1")))
    assert table["time_ms"].tolist() == [500, 1003, 7, 8]
    assert table["text"].tolist() == ["onset", "SYNCTIME", "12", "a 1"]


def test_every_trial_has_the_onset_of_its_own_image():
    onsets = image_onsets(
        messages(
            (5, "SYNCTIME"),  # before any trial
            (10, "TRIALID 4"), (20, "SYNCTIME 766 0"), (25, "SYNCTIME"),
            (30, "TRIALID 5"), (35, "SYNCTIME_READING"),
            (40, "TRIALID 6"), (52, "-3 SYNCTIME"),
        )
    )  # fmt: skip
    assert onsets == {4: 20, 6: 55}


def test_a_trial_shown_again_counts_from_its_last_showing():
    shown = [(10, "TRIALID 4"), (20, "SYNCTIME"), (30, "TRIALID 4"), (40, "SYNCTIME")]
    assert image_onsets(messages(*shown)) == {4: 40}
    assert image_onsets(messages(*shown[:3])) == {}


def test_every_showing_of_a_trial_names_its_stimulus_and_practice_is_nobodys():
    told = [
        (1, "TRIALID -1"), (2, "!V TRIAL_VAR stim_id practice-1"),
        (3, "TRIALID 4"), (4, "-1 !V TRIAL_VAR stim_id a"), (5, "!V TRIAL_VAR block originals"),
        (6, "TRIALID 4"), (7, "!V TRIAL_VAR stim_id b"), (8, "TRIALID -2"),
        (9, "!V TRIAL_VAR stim_id practice-2"), (10, "TRIALID 5"),
    ]  # fmt: skip
    assert trial_stimuli(messages(*told)) == {4: ["a", "b"]}
