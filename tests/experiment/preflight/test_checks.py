"""A check that fails says what is there; one that cannot be made is a finding too."""

from experiment.preflight import checks
from experiment.preflight.findings import Verdict, tried
from experiment.records import disk
from stimuli.support.errors import InputError


def test_a_disk_that_is_full_and_a_folder_that_cannot_be_written_fail(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 5e8})
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda root: usage)
    assert checks.check_disk(tmp_path).verdict == Verdict.FAIL
    assert checks.check_writable(tmp_path / "absent").verdict == Verdict.FAIL
    assert checks.check_writable(tmp_path).verdict == Verdict.OK


def test_wrong_input_is_a_failure_with_its_own_repair():
    def check():
        raise InputError("blocks.tsv: holds no order; run manipulation.generate")

    finding = tried("blocks", check)
    assert (finding.name, finding.verdict) == ("blocks", Verdict.FAIL)
    assert finding.found == "blocks.tsv: holds no order"
    assert finding.repair == "run manipulation.generate"
