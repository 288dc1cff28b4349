"""Photographs, guide and small runs that the tests of training share."""

import pytest
import torch

from manipulation import train as train_command
from manipulation.networks.files import guide_of
from manipulation.training.run import run_training
from tests.manipulation.training import small_run


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Return a folder of pictures with annotations."""
    return small_run.make_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Return the folder of decoded pictures that all runs share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    """Return the guide of the small run."""
    return guide_of(small_run.settings(tmp_path_factory.mktemp("settings")).guide)


@pytest.fixture
def trained(pictures, cache, guide, tmp_path):
    """Return what trains in a folder, with changed settings, and may be killed after a step."""

    def go(folder, *changes, kill_after=None, **options):
        settings = small_run.settings(tmp_path, *changes)
        photographs = small_run.photographs(pictures, cache, settings)

        def on_step(done, means):
            if done == kill_after:
                raise small_run.Killed

        return run_training(
            settings,
            photographs,
            guide,
            folder=folder,
            device=torch.device("cpu"),
            on_step=on_step,
            **options,
        )

    return go


@pytest.fixture(scope="module")
def runs(pictures, cache, tmp_path_factory):
    """Runs of two networks by the command, one photograph in four held out."""
    folder = tmp_path_factory.mktemp("runs")
    settings = folder / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("[data]", "[data]\nheld_out = 0.4"))
    for kind in ("fgtransform", "resnet9"):
        command = small_run.arguments(pictures, cache, folder / kind, settings)
        assert train_command.main([*command, "--network", kind]) == 0
    return folder
