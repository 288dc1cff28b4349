"""Of two fits that would write the same, the second is told who is at it, and writes nothing."""

import os

import pytest

from manipulation import fit_networks, fit_realism, fit_saliency, fit_upscaling
from manipulation.runs.alone import fitting_alone
from stimuli.support.errors import InputError
from tests.faults.processes import halted


@pytest.mark.parametrize(
    ("command", "taken", "given"),
    [
        (fit_saliency, "my.safetensors", ["--fixations", "csv"]),
        (fit_saliency, "my.safetensors", ["--fixations", "csv", "--adapt", "robust"]),
        (fit_saliency, "shared", ["--fixations", "csv", "--work", "shared"]),
        (fit_networks, "my.safetensors", ["--fixations", "csv"]),
        (fit_upscaling, "my.safetensors", []),
        (fit_realism, "my.safetensors/examples", []),
    ],
)
def test_what_another_process_fits_is_left_to_it(tmp_path, monkeypatch, command, taken, given):
    monkeypatch.chdir(tmp_path)
    images = "--photographs" if command is fit_upscaling else "--images"

    def work(halt):
        with fitting_alone(tmp_path / taken, "fits it"):
            halt()

    with (
        halted(work) as process,
        pytest.raises(InputError, match=rf": process {process} on .* fits it since 20"),
    ):
        command.main([images, ".", "--out", "my.safetensors", *given])
    assert not any(files for _, _, files in os.walk(tmp_path))
