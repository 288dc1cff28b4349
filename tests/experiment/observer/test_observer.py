"""The simulated observer looks where its density says, with the physiology of real eyes."""

import numpy as np
import pytest

from experiment.display.scene import BLANK, TARGET, Scene
from experiment.observer.attention import Attention, fixation_density
from experiment.observer.eye import Eye
from experiment.observer.movements import SACCADE_S, SACCADE_S_PER_DEG
from stimuli.contract.geometry import Rectangle, degrees_to_screen, screen_to_image
from stimuli.contract.settings import ObserverSettings, Settings


def upper_heavy(height, width):
    log_saliency = np.zeros((height, width))
    log_saliency[: height // 2] = np.log(9.0)
    return log_saliency


def settings_of(**observer):
    return Settings(observer=ObserverSettings(**observer))


def runs(gaze):
    """Yield the slices of the fixations and saccades of a stretch of gaze."""
    borders = np.flatnonzero(np.diff(gaze.event)) + 1
    for first, last in zip([0, *borders], [*borders, len(gaze.event)], strict=True):
        yield slice(first, last)


def watched(goal, settings, *, seconds=120.0, seed=1):
    """Return gaze at 1000 Hz on a blank screen."""
    eye = Eye(goal, settings.observer, np.random.default_rng(seed))
    return eye.gaze(np.arange(0, seconds, 0.001))


@pytest.mark.parametrize("shape", [(48, 40), (512, 512), (1000, 700)])
def test_goals_recover_the_density_at_any_resolution_of_the_map(shape):
    density = fixation_density(upper_heavy(*shape))
    generator = np.random.default_rng(3)
    points = np.array([density.draw(generator) for _ in range(4000)])
    assert ((points >= 0) & (points < 1)).all()
    # 0.9 of the probability lies in the upper half; the binomial error is 0.005.
    assert np.mean(points[:, 1] < 0.5) == pytest.approx(0.9, abs=0.02)
    assert np.mean(points[:, 0] < 0.25) == pytest.approx(0.25, abs=0.03)


def test_a_single_bright_cell_draws_every_goal():
    log_saliency = np.full((512, 512), -50.0)
    log_saliency[100, 400] = 50.0
    generator = np.random.default_rng(0)
    points = [fixation_density(log_saliency).draw(generator) for _ in range(20)]
    np.testing.assert_allclose(points, [[400.5 / 512, 100.5 / 512]] * 20, atol=1 / 256)


def test_goals_mix_prediction_centre_and_chance_in_the_shares_of_the_settings():
    settings = settings_of(follows_model=0.6, follows_centre=0.3, centre_sd_deg=0.5)
    log_saliency = np.full((64, 64), -50.0)
    log_saliency[0, 0] = 0.0
    attention = Attention({"a": fixation_density(log_saliency)}, settings, np.random.default_rng(0))
    goals = np.array([attention(Scene("a")) for _ in range(3000)])
    screen, placement = settings.screen.geometry, settings.placement
    pixels = screen_to_image(degrees_to_screen(goals, screen), placement)
    assert np.mean((pixels < 16).all(axis=1)) == pytest.approx(0.6, abs=0.03)
    assert np.mean(np.hypot(*goals.T) < 1.5) == pytest.approx(0.3, abs=0.03)
    assert ((pixels >= 0) & (pixels < 1024)).all()


def test_goals_stay_on_a_photograph_that_is_shown_whole_on_grey():
    settings = settings_of(follows_model=0.4, follows_centre=0.3, centre_sd_deg=20.0)
    photograph = Rectangle(0, 300, 1024, 400)
    density = fixation_density(np.zeros((400, 1024)), photograph)
    attention = Attention({"a": density}, settings, np.random.default_rng(0))
    goals = np.array([attention(Scene("a")) for _ in range(1000)])
    pixels = screen_to_image(degrees_to_screen(goals, settings.screen.geometry), settings.placement)
    assert photograph.holds(pixels + 1e-9).all()
    assert np.mean(pixels[:, 1] < 400) == pytest.approx(0.25, abs=0.05)


def test_fixations_recover_the_density_they_are_drawn_from():
    settings = settings_of(follows_model=1.0, follows_centre=0.0, blink_rate_hz=0.0)
    generator = np.random.default_rng(5)
    attention = Attention({"a": fixation_density(upper_heavy(64, 64))}, settings, generator)
    eye = Eye(attention, settings.observer, generator)
    eye.see(Scene("a"), 0.0)
    gaze = eye.gaze(np.arange(0, 600, 0.002))
    fixations = [
        gaze.position_deg[span].mean(axis=0) for span in runs(gaze) if not gaze.saccade[span][0]
    ]
    upper = np.mean(np.array(fixations)[:, 1] < 0)
    # Landing error carries few fixations over the border; the binomial error is 0.007.
    assert len(fixations) > 1500
    assert upper == pytest.approx(0.9, abs=0.03)


def test_saccade_durations_follow_the_main_sequence():
    rng = np.random.default_rng(2)
    gaze = watched(lambda scene: rng.uniform(-12, 12, 2), settings_of(blink_rate_hz=0.0))
    spans = [span for span in list(runs(gaze))[1:-1] if gaze.saccade[span][0]]
    place = gaze.position_deg
    amplitude = [np.hypot(*(place[one.stop] - place[one.start - 1])) for one in spans]
    duration = [(one.stop - one.start) * 0.001 for one in spans]
    slope, intercept = np.polyfit(amplitude, duration, 1)
    assert slope == pytest.approx(SACCADE_S_PER_DEG, rel=0.1)
    assert intercept == pytest.approx(SACCADE_S, abs=0.003)


def test_velocity_is_a_smooth_bell_whose_peak_is_15_8_of_the_mean():
    gaze = watched(
        lambda scene: np.array([8.0, 0.0]),
        settings_of(landing_error=0.0, blink_rate_hz=0.0),
        seconds=3.0,
    )
    saccade = next(span for span in runs(gaze) if gaze.saccade[span][0])
    x = gaze.position_deg[:, 0]
    # Over 8 ms, so that the noise of single samples does not count.
    speed = (x[8:] - x[:-8]) / 0.008
    peak = speed[saccade.start - 4 : saccade.stop - 4].max()
    mean = 8.0 / ((saccade.stop - saccade.start) * 0.001)
    assert peak / mean == pytest.approx(15 / 8, rel=0.08)  # of a minimum-jerk course


def test_fixation_durations_have_the_median_of_the_settings_and_none_is_under_60_ms():
    rng = np.random.default_rng(2)
    settings = settings_of(fixation_ms=200.0, blink_rate_hz=0.0)
    gaze = watched(lambda scene: rng.uniform(-12, 12, 2), settings)
    inner = list(runs(gaze))[1:-1]
    durations = [one.stop - one.start for one in inner if not gaze.saccade[one][0]]
    assert np.median(durations) == pytest.approx(200, rel=0.06)
    assert min(durations) >= 59


def test_gaze_stays_near_the_target_while_it_is_shown():
    settings = settings_of(blink_rate_hz=0.0)
    generator = np.random.default_rng(4)
    eye = Eye(Attention({}, settings, generator), settings.observer, generator)
    eye.see(TARGET, 0.0)
    position = eye.gaze(np.arange(1.0, 61.0, 0.002)).position_deg
    assert np.mean(np.hypot(*position.T) < 1.0) > 0.99


def test_noise_within_a_fixation_is_about_a_tenth_of_a_degree():
    rng = np.random.default_rng(2)
    gaze = watched(lambda scene: rng.uniform(-12, 12, 2), settings_of(blink_rate_hz=0.0))
    spread = [gaze.position_deg[one].std(axis=0) for one in runs(gaze) if not gaze.saccade[one][0]]
    assert 0.01 < np.mean(spread) < 0.15


def test_blinks_come_at_the_rate_of_the_settings_and_hide_the_eye():
    gaze = watched(lambda scene: np.zeros(2), settings_of(blink_rate_hz=0.5), seconds=600.0)
    lost = np.isnan(gaze.position_deg[:, 0])
    assert np.count_nonzero(np.diff(lost.astype(int)) == 1) == pytest.approx(300, rel=0.2)
    assert (gaze.pupil[lost] == 0).all()
    assert (gaze.pupil[~lost] > 200).all()
    assert gaze.saccade[lost].all()


def test_the_first_saccade_waits_for_the_latency_after_a_new_scene():
    latencies = []
    for seed in range(100):
        eye = Eye(
            lambda scene: np.array([6.0, 0.0]) if scene.stim_id else np.zeros(2),
            ObserverSettings(blink_rate_hz=0.0),
            np.random.default_rng(seed),
        )
        eye.see(TARGET, 0.0)
        eye.gaze(np.arange(0.0, 1.0, 0.002))
        eye.see(Scene("a"), 1.0)
        after = eye.gaze(np.arange(1.0, 2.0, 0.002))
        latencies.append(np.argmax(after.saccade) * 0.002)
    assert min(latencies) >= 0.1
    assert np.median(latencies) == pytest.approx(0.19, abs=0.02)


def test_gaze_does_not_depend_on_a_scene_that_is_yet_to_come():
    def eye_until_one_second():
        eye = Eye(
            lambda scene: np.full(2, 5.0 if scene.stim_id else 0.0),
            ObserverSettings(),
            np.random.default_rng(8),
        )
        return eye, eye.gaze(np.arange(0.0, 1.0, 0.002))

    (quiet, before), (surprised, likewise) = eye_until_one_second(), eye_until_one_second()
    np.testing.assert_array_equal(before.position_deg, likewise.position_deg)
    surprised.see(Scene("a"), 1.0)
    quiet.see(BLANK, 1.0)
    late = np.arange(1.5, 2.0, 0.002)
    assert not np.allclose(quiet.gaze(late).position_deg, surprised.gaze(late).position_deg)
