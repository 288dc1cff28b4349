"""A study with samples of whose second subject gaze was written as BIDS has it."""

import json

import pytest

from analysis.recordings.reading import read_recording
from analysis.sessions.physio import write_physio
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.study import BIDS_VERSION, open_study
from stimuli.support.files import write_json


@pytest.fixture(scope="package")
def valid_study(tmp_path_factory, make_study):
    """A study of three people that is a valid BIDS dataset, with physio files of subject 02."""
    root = make_study(
        tmp_path_factory.mktemp("bids") / "study", n_subjects=3, samples=True, observer="human"
    )
    description = {"Name": "made-up", "BIDSVersion": BIDS_VERSION, "DatasetType": "raw"}
    write_json(root / "dataset_description.json", description)
    (root / ".bidsignore").write_text("study.toml\nblocks.*\nstimuli/\nsourcedata/\nderivatives/\n")
    (root / "README.md").write_text("A made-up study, for tests of what is written of a session.\n")
    for events in root.glob("sub-*/beh/*_events.json"):
        screen = {
            "ScreenDistance": 0.6, "ScreenOrigin": ["top", "left"], "ScreenSize": [0.521, 0.293],
            "ScreenResolution": [1920, 1080],
        }  # fmt: skip
        described = json.loads(events.read_text()) | {"StimulusPresentation": screen}
        write_json(events, described)
    study = open_study(root)
    run = read_runs(study, read_catalogue(study.catalogue))[1]
    recording = read_recording(run.recording)
    write_physio(run, recording, recording.samples(), study.settings)
    return root
