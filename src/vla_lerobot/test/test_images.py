from dataclasses import replace
import hashlib

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.policy_file import PolicyCamera
from vla_contract.errors import ContractError
from vla_lerobot.images import as_captured, feature_of_each_camera, fit_for_policy

CAMERA = PolicyCamera('top', 'observation.images.top', 4, 4, 'crop')


def picture(height: int, width: int) -> np.ndarray:
    """Return columns that brighten to the right."""
    row = np.repeat(np.linspace(0, 255, width).astype(np.uint8)[None, :, None], 3, axis=2)
    return np.repeat(row, height, axis=0)


@pytest.mark.parametrize('rule', ['crop', 'letterbox', 'stretch'])
def test_every_rule_gives_the_policys_size(rule):
    fitted = fit_for_policy(picture(30, 60), replace(CAMERA, resize=rule))
    assert fitted.shape == (4, 4, 3)
    assert fitted.dtype == np.uint8


def test_crop_takes_the_centre():
    image = picture(4, 8)
    assert np.array_equal(fit_for_policy(image, CAMERA), image[:, 2:6])


def test_letterbox_pads_with_black():
    fitted = fit_for_policy(np.full((4, 8, 3), 200, np.uint8), replace(CAMERA, resize='letterbox'))
    assert fitted[0].max() == fitted[3].max() == 0
    assert fitted[1:3].min() == 200


def test_an_image_of_the_right_size_is_unchanged():
    image = picture(4, 4)
    assert np.array_equal(fit_for_policy(image, CAMERA), image)


def test_shrinking_averages():
    checkers = (np.indices((8, 8)).sum(axis=0) % 2 * 200).astype(np.uint8)
    fitted = fit_for_policy(np.repeat(checkers[:, :, None], 3, axis=2), CAMERA)
    assert (fitted == 100).all()


@pytest.mark.parametrize(
    ('rule', 'width', 'height', 'sha256'),
    [
        ('crop', 96, 96, 'cae90cde7810c16a'),
        ('letterbox', 128, 128, '5454d02ac0769e8d'),
        ('stretch', 64, 48, '85a857ef133c6d75'),
        ('crop', 512, 384, 'ed3377335394ebd6'),
    ],
)
def test_a_camera_without_more_to_say_is_fitted_as_ever(rule, width, height, sha256):
    """Policies were trained on these bytes; each factor is whole, so that no rounding differs."""
    image = (np.arange(384 * 512 * 3) * 7919 % 251).astype(np.uint8).reshape(384, 512, 3)
    fitted = fit_for_policy(image, PolicyCamera('top', 'k', width, height, rule))
    assert hashlib.sha256(fitted.tobytes()).hexdigest()[:16] == sha256


def corners() -> np.ndarray:
    """Return 4 x 6 pixels: red top left, green top right, blue bottom left, the rest black."""
    image = np.zeros((4, 6, 3), np.uint8)
    image[0, 0, 0] = image[0, -1, 1] = image[-1, 0, 2] = 255
    return image


@pytest.mark.parametrize(
    ('rotate', 'flip', 'red', 'green', 'blue'),
    [
        (0, 'none', (0, 0), (0, -1), (-1, 0)),
        (90, 'none', (0, -1), (-1, -1), (0, 0)),  # clockwise: the left edge becomes the top
        (180, 'none', (-1, -1), (-1, 0), (0, -1)),
        (270, 'none', (-1, 0), (0, 0), (-1, -1)),
        (0, 'horizontal', (0, -1), (0, 0), (-1, -1)),
        (0, 'vertical', (-1, 0), (-1, -1), (0, 0)),
        (90, 'horizontal', (0, 0), (-1, 0), (0, -1)),
    ],
)
def test_an_image_is_turned_clockwise_and_then_mirrored(rotate, flip, red, green, blue):
    width, height = (4, 6) if rotate % 180 else (6, 4)
    seen = replace(CAMERA, width=width, height=height, rotate=rotate, flip=flip)
    fitted = fit_for_policy(corners(), seen)
    assert fitted.shape == (height, width, 3)
    assert fitted[red].tolist() == [255, 0, 0]
    assert fitted[green].tolist() == [0, 255, 0]
    assert fitted[blue].tolist() == [0, 0, 255]


def test_turning_comes_before_the_resize_rule():
    image = picture(4, 8)
    fitted = fit_for_policy(image, replace(CAMERA, rotate=90))
    assert np.array_equal(fitted, np.rot90(image, -1)[2:6])


def test_grey_is_the_brightness_in_three_channels():
    image = np.empty((4, 4, 3), np.uint8)
    image[:] = (200, 100, 50)
    fitted = fit_for_policy(image, replace(CAMERA, grey=True))
    # ITU-R BT.601
    assert (fitted == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)).all()
    assert fitted.shape == (4, 4, 3)


@given(
    rotate=st.sampled_from([0, 90, 180, 270]),
    flip=st.sampled_from(['none', 'horizontal', 'vertical']),
    grey=st.booleans(),
    rule=st.sampled_from(['crop', 'letterbox', 'stretch']),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 9),
)
def test_an_image_read_back_is_fitted_to_the_same_again(rotate, flip, grey, rule, size, seed):
    seen = PolicyCamera('top', 'k', *size, rule, rotate, flip, grey)
    image = np.random.default_rng(seed).integers(0, 256, (12, 17, 3), np.uint8)
    fitted = fit_for_policy(image, seen)
    assert fitted.shape == (seen.height, seen.width, 3)
    assert fitted.flags.c_contiguous
    assert np.array_equal(fit_for_policy(as_captured(fitted, seen), seen), fitted)


def test_a_camera_of_two_features_is_read_back_from_the_larger_in_colour():
    small, grey = replace(CAMERA, feature='small', width=2, height=2), replace(CAMERA, grey=True)
    assert feature_of_each_camera((small, CAMERA)) == {'top': CAMERA}
    assert feature_of_each_camera((grey, small)) == {'top': small}
    turned = replace(CAMERA, feature='turned', width=8, height=4, rotate=90)
    tall = replace(CAMERA, width=2, height=4)
    assert feature_of_each_camera((tall, turned)) == {'top': turned}
    other = replace(CAMERA, camera='wrist', feature='w', resize='stretch')
    assert feature_of_each_camera((CAMERA, other)) == {'top': CAMERA, 'wrist': other}


@pytest.mark.parametrize(
    'change', [{'resize': 'stretch'}, {'width': 8}, {'rotate': 90, 'width': 8}]
)
def test_features_of_one_camera_by_different_rules_cannot_be_read_back(change):
    with pytest.raises(ContractError, match='camera top: found .*; allowed, .*: one rule and one'):
        feature_of_each_camera((CAMERA, replace(CAMERA, feature='other', **change)))
