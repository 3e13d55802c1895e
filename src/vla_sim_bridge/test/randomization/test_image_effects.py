import numpy as np
import pytest
from vla_sim_bridge.randomization.image_effects import ImageEffects, ImageSettings

IMAGE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
FLAT = np.full((60, 80, 3), 100, dtype=np.uint8)


def apply(image=IMAGE, frame=0, **settings):
    return ImageEffects(ImageSettings(**settings)).apply(image, frame)


def test_the_defaults_change_nothing():
    assert np.array_equal(apply(), IMAGE)


def test_brightness_and_contrast_follow_their_formulas():
    assert apply(FLAT, brightness=1.3)[0, 0, 0] == 130
    assert apply(FLAT, contrast=0.5)[0, 0, 0] == 114
    assert apply(FLAT, brightness=5.0).max() == 255


def test_a_stop_of_exposure_doubles_the_light_and_white_stays_white():
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (2, 1, 3))
    light = (np.arange(256) / 255) ** 2.2
    for stops in (-2.0, 1.0):
        exposed = (apply(ramp, exposure_ev=stops)[0, :, 0] / 255) ** 2.2
        expected = np.minimum(light * 2.0**stops, 1.0)
        assert exposed == pytest.approx(expected, abs=0.005)
    assert np.array_equal(apply(exposure_ev=0.0), IMAGE)


def test_a_pattern_is_the_same_in_every_image_of_an_episode():
    first = apply(FLAT, pattern_std=0.02, noise_seed=3).astype(float) - 100
    assert first.std() == pytest.approx(0.02 * 255, rel=0.05)
    assert np.array_equal(first + 100, apply(FLAT, frame=9, pattern_std=0.02, noise_seed=3))
    assert not np.array_equal(first + 100, apply(FLAT, pattern_std=0.02, noise_seed=4))


def test_no_saturation_is_grey_and_keeps_luma():
    grey = apply(saturation=0.0).astype(int)
    assert np.abs(grey - grey[..., :1]).max() <= 1
    luma = IMAGE @ np.array([0.299, 0.587, 0.114])
    assert grey[..., 0] == pytest.approx(luma, abs=1.0)


def test_noise_has_its_strength_and_moves_with_the_frame():
    first = apply(FLAT, noise_std=0.05, noise_seed=3).astype(float) - 100
    assert first.std() == pytest.approx(0.05 * 255, rel=0.05)
    assert np.array_equal(first + 100, apply(FLAT, noise_std=0.05, noise_seed=3))
    later = apply(FLAT, frame=1, noise_std=0.05, noise_seed=3).astype(float) - 100
    assert abs(np.corrcoef(first.ravel(), later.ravel())[0, 1]) < 0.05


def test_blur_runs_along_the_rows():
    edge = np.zeros((20, 40, 3), dtype=np.uint8)
    edge[:, 20:] = 200
    blurred = apply(edge, blur_px=4.0)
    assert blurred[10, 19, 0] > 0
    assert (blurred[:, :, 0] == blurred[0, :, 0]).all()


def test_distortion_keeps_the_middle_and_moves_the_corner():
    ramp = np.tile(np.linspace(0, 255, 81)[None, :, None], (61, 1, 3)).astype(np.uint8)
    moved = apply(ramp, distortion=-0.2)
    assert moved[30, 40, 0] == pytest.approx(int(ramp[30, 40, 0]), abs=1)
    assert abs(int(moved[0, 5, 0]) - int(ramp[0, 5, 0])) > 5


def test_compression_loses_more_at_lower_quality():
    losses = [
        np.abs(apply(jpeg_quality=quality).astype(int) - IMAGE).mean() for quality in (95, 30)
    ]
    assert 0.0 < losses[0] < losses[1]
