from dataclasses import replace

import numpy as np
import pytest
from vla_contract.deployment.policy_file import PolicyCamera
from vla_lerobot.images import fit_for_policy

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
