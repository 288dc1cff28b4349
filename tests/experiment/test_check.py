"""The table before a session finds what is wrong, and says what to do."""

from experiment import check
from stimuli.support import commands
from tests.experiment.display.screen import Command, open_screen


def test_without_screen_and_tracker_the_table_is_whole_and_says_so(make_study, monkeypatch, capsys):
    monkeypatch.delenv("DISPLAY", raising=False)
    study = make_study(settings='[tracker]\naddress = "127.0.0.1"')
    image = next((study / "stimuli" / "images").iterdir())
    image.write_bytes(image.read_bytes() + b"\0")
    before = sorted(path.name for path in study.rglob("*"))
    assert check.main(["--study", str(study)]) == commands.EXIT_FAILED
    told = capsys.readouterr().out
    assert "has changed since" in told
    assert "screen:" in told
    assert "tracker: no EyeLink at '127.0.0.1'" in told
    assert "study folder can be written" in " ".join(told.split()) or "can be written" in told
    assert sorted(path.name for path in study.rglob("*")) == before


def test_screen_resolution_and_keyboard_are_checked_in_the_real_window(make_study, tmp_path):
    study = make_study()
    with open_screen(1280, 1080) as screen:
        words = ["--study", str(study), "--no-tracker"]
        small = Command(screen, tmp_path, "experiment.check", *words)
        assert small.end() == commands.EXIT_FAILED
        assert "gives 1280 x 1080 pixels" in small.said()
    with open_screen(1920, 1080) as screen:
        checked = Command(screen, tmp_path, "experiment.check", *words)
        checked.wait_to_hear("refresh rate:")
        pressed = 0
        while "keyboard:" not in checked.said() and pressed < 50:
            screen.press("space")
            pressed += 1
        checked.end()
        assert "the space bar was seen" in checked.said()
        assert "1920 x 1080 pixels, as in study.toml" in checked.said()
