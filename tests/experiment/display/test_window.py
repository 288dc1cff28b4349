"""The real window under Xvfb: what is on the screen, and what keys do. Frame rates mean nothing."""

import json
import signal
import time

import numpy as np
import pytest
from PIL import Image

from stimuli.contract.catalogue import read_catalogue, write_catalogue
from stimuli.contract.schemas import EVENTS
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.files import sha256, write_image
from stimuli.support.tables import read_table
from tests.experiment.display.screen import Command, open_screen

WIDTH, HEIGHT, SIZE_PX = 1920, 1080, 1024
LEFT, TOP = (WIDTH - SIZE_PX) // 2, (HEIGHT - SIZE_PX) // 2
GREY = [128, 128, 128]
QUICK = "[screen]\nrefresh_hz = 60.0\n{}\n[session]\nimage_s = 0.5\nblank_s = 0.3\n"
EVENTS_TSV = "sub-07/beh/sub-07_task-freeview_run-1_events.tsv"
JOURNAL = "sourcedata/sub-07/sub-07_task-freeview_run-1_journal.jsonl"


@pytest.fixture
def screen():
    with open_screen(WIDTH, HEIGHT) as opened:
        yield opened


@pytest.fixture
def noise_study(make_study):
    """Return a function that makes a study whose images are noise, so that every pixel counts."""

    def make(settings="", sources=1):
        study = make_study(sources=sources, settings=QUICK.format(settings))
        text = (study / "study.toml").read_text().replace("size_px = 64", f"size_px = {SIZE_PX}")
        (study / "study.toml").write_text(text)
        stimuli, generator = [], np.random.default_rng(5)
        for stimulus in read_catalogue(study / "stimuli" / "stimuli.tsv"):
            pixels = generator.integers(0, 256, (SIZE_PX, SIZE_PX, 3), dtype=np.uint8)
            write_image(study / stimulus.image, pixels)
            made = sha256(study / stimulus.image)
            stimuli.append(Stimulus(**{**vars(stimulus), "image_sha256": made}))
        write_catalogue(study / "stimuli" / "stimuli.tsv", stimuli)
        return study

    return make


@pytest.fixture
def start(screen, tmp_path):
    """Return a function that starts a command of ours on the screen."""
    started = []

    def run(module, *words):
        started.append(Command(screen, tmp_path, module, *words))
        return started[-1]

    yield run
    for command in started:
        command.close()


@pytest.fixture
def start_session(start):
    """Return a function that starts a session on the screen."""

    def run(study, *options):
        words = ["--study", str(study), "--subject", "07", "--no-report", *options]
        return start("experiment.run", *words)

    return run


def pass_keyboard_test(screen, command):
    """Press the key that a session asks for first, and return when the instructions are shown."""
    command.wait_to_hear("test the keyboard")
    screen.press("space")
    command.wait_to_hear("participant reads")


def notes(screen):
    """Return the corner of the screen in which the operator is told what is waited for."""
    return screen.picture()[HEIGHT - 80 :, WIDTH - 480 :]


def middle(picture):
    return picture[TOP : TOP + SIZE_PX, LEFT : LEFT + SIZE_PX]


def shows_image(screen):
    """Return the picture of the screen if it shows an image, which is noise from edge to edge."""
    picture = screen.picture()
    return picture if middle(picture).std() > 60 else None


def shows_words(screen):
    """Return the picture of the screen if something is written away from its centre."""
    picture = screen.picture()
    written = (picture != 128).any(axis=2)
    written[HEIGHT // 2 - 20 : HEIGHT // 2 + 20, WIDTH // 2 - 20 : WIDTH // 2 + 20] = False
    return picture if 500 < written.sum() < 100_000 else None


def shows_target(screen):
    """Return the picture of the screen if it shows the target: black and grey at the centre."""
    picture = screen.picture()
    written = (picture != 128).any(axis=2)
    beside = written.sum() - written[500:580, 920:1000].sum()
    return picture if picture[540, 960].max() < 64 and beside < 10 else None


def test_a_session_shows_target_image_and_break_and_every_pixel_is_the_files(
    screen, noise_study, start_session
):
    study = noise_study('trigger = "pixel-mode"')
    command = start_session(study, "--mouse", "--no-page")
    pass_keyboard_test(screen, command)
    screen.move_mouse(900, 500)
    screen.move_mouse(960, 540)
    screen.press("space")
    shown = []
    for trial in range(1, 4):
        if trial > 1:  # a break before every block of one trial
            command.wait_to_hear("participant reads", trial)
            command.wait_for(lambda: shows_words(screen), "break")
            screen.press("space")
        target = command.wait_for(lambda: shows_target(screen), "target")
        assert target[0, 0].tolist() == [0, 0, 0]
        shown.append(command.wait_for(lambda: shows_image(screen), "image"))
        command.wait_to_hear(f"trial {trial} ")
    command.wait_to_hear("complete, and saved")
    command.wait_for(lambda: shows_words(screen), "end")
    screen.press("space")
    assert command.end() == 0, command.said()

    rows = read_table(study / EVENTS_TSV, EVENTS)
    assert [row["status"] for row in rows] == ["complete"] * 3
    # Without vertical synchronisation flips come at any time; the image ends by the clock.
    assert [row["duration"] for row in rows] == pytest.approx([0.5] * 3, abs=0.2)
    assert [row["shown_by"] for row in rows] == ["gaze"] * 3
    files = {one.stim_id: one.image for one in read_catalogue(study / "stimuli" / "stimuli.tsv")}
    for row, picture in zip(rows, shown, strict=True):
        pixels = np.asarray(Image.open(study / files[row["stim_id"]]))
        np.testing.assert_array_equal(middle(picture), pixels)
        assert picture[0, 0].tolist() == [255, 255, 255]
        surround = picture.copy()
        middle(surround)[:] = 128
        surround[0, 0] = 128
        assert (surround == 128).all()
    recording = (study / "sourcedata/sub-07/s07r1.asc").read_text()
    assert recording.startswith("** MOUSE RECORDING")
    assert recording.count("TRIAL_RESULT 0") == 3


def test_the_eyelink_class_runs_a_session_before_the_real_pylink_in_dummy_mode(
    screen, noise_study, start_session
):
    pytest.importorskip("pylink")
    study = noise_study('trigger = "photodiode"')
    command = start_session(study, "--dummy")
    pass_keyboard_test(screen, command)
    screen.press("space")
    for block in range(1, 4):
        if block > 1:
            command.wait_to_hear("participant reads", block)
            time.sleep(0.1)
            screen.press("space")
        command.wait_to_hear("tracker's setup", block)
        time.sleep(0.3)
        screen.press("Escape")
        command.wait_to_hear("maximum  [a: take it as it is", block)
        if block == 1:
            assert not (notes(screen) == 128).all()
        screen.press("a")
        picture = command.wait_for(lambda: shows_image(screen), "image")
        assert (picture[-64:, :64] == 255).all()
        assert (picture[-65, :64] == 128).all()
        command.wait_to_hear(f"trial {block} ")
    command.wait_to_hear("complete, and saved")
    assert (screen.picture()[-64:, :64] == 0).all()
    screen.press("space")
    assert command.end() == 0, command.said()
    assert [row["status"] for row in read_table(study / EVENTS_TSV, EVENTS)] == ["unrecorded"] * 3
    assert not list((study / "sourcedata").rglob("*.edf"))


@pytest.mark.parametrize("way", ["ctrl-c", "escape"])
def test_every_way_out_of_the_real_pylinks_setup_leaves_the_journal_true(
    screen, noise_study, start_session, way
):
    pytest.importorskip("pylink")
    study = noise_study()
    command = start_session(study, "--dummy", "--language", "de")
    pass_keyboard_test(screen, command)
    screen.press("space")
    command.wait_to_hear("tracker's setup")
    time.sleep(0.3)
    if way == "ctrl-c":  # an exception that reaches pylink ends the process by a signal: rc < 0
        command.process.send_signal(signal.SIGINT)
    else:
        screen.press("Escape")
        command.wait_to_hear("no validation")
        screen.press("Escape")
        command.wait_to_hear("end the session?")
        screen.press("Escape")
    assert command.end() == 130, command.said()
    lines = [json.loads(line) for line in (study / JOURNAL).read_text().splitlines()]
    assert lines[-1]["kind"] == "session-interrupted"
    assert ("KeyboardInterrupt" in lines[-1]["reason"]) == (way == "ctrl-c")
    assert "--subject 07 --dummy --language de --resume" in command.said()


def test_the_setup_is_drawn_where_and_as_the_tracker_says(screen, start):
    command = start("tests.experiment.trackers.setup_on_screen")
    command.wait_to_hear("shows target")
    picture = screen.picture()
    rows, columns = np.nonzero((picture != 128).any(axis=2))
    # Pixel 59, 1019 of the tracker is the one from 59 to 60: the target is centred on it.
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(59.5, abs=0.51)
    assert (rows.min() + rows.max() + 1) / 2 == pytest.approx(1019.5, abs=0.51)
    # 0.6 degrees, less what the grey cross takes from the disc's rim.
    assert 0.6 * 38.6 - 3 < columns.max() - columns.min() + 1 < 0.6 * 38.6 + 1
    screen.press("c")
    command.wait_to_hear("key 99")
    command.wait_to_hear("shows menu")
    written = np.nonzero((screen.picture() != 128).any(axis=2))
    assert len(written[0]) > 500
    assert written[0].min() > HEIGHT - 80
    assert written[1].min() > 0.7 * WIDTH
    screen.press("v")
    command.wait_to_hear("key 118")
    command.wait_to_hear("shows erased")
    assert (screen.picture() == 128).all()
    screen.press("Return")
    command.wait_to_hear("key 13")
    command.wait_to_hear("shows camera")
    picture = screen.picture()
    assert not (notes(screen) == 128).all()
    scale = WIDTH // (2 * 192)
    top = HEIGHT // 2 - 80 * scale
    ramp = picture[top + scale // 2 : top + 160 * scale : scale, WIDTH // 2 - 3 * scale, 0]
    np.testing.assert_allclose(
        np.delete(ramp, slice(35, 46)), np.delete(np.arange(1, 161), slice(35, 46)), atol=1.5
    )
    assert (picture[top - 5 : top] == 128).all()
    screen.move_mouse(WIDTH // 2 + 10 * scale, HEIGHT // 2 - 20 * scale)
    screen.press("Up")
    command.wait_to_hear(f"key {0x4800}")
    command.wait_to_hear("mouse 106 60 0")
    assert command.end() == 0
