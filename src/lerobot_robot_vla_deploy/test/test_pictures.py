from lerobot_robot_vla_deploy.pictures import Pictures
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ContractError
from vla_lerobot.images import fit_for_policy

PANDA = load_deployment('panda_lift_cube')
IMAGE = np.random.default_rng(0).integers(0, 255, (384, 384, 3), np.uint8)


def seeing(*features: str, black: str = ''):
    cameras = [
        {'camera': 'top', 'feature': f, 'width': 64, 'height': 48, 'resize': 'crop'}
        for f in features
    ]
    blacks = [{'feature': black, 'width': 32, 'height': 32}] if black else []
    return load_deployment(
        'so101_lift_cube',
        overrides={'policy.cameras': cameras, 'policy.black_images': blacks},
    )


def test_an_image_is_as_the_policy_sees_it():
    pictures = Pictures(PANDA, as_captured=False)
    assert pictures.shapes == {'top': (96, 96, 3)}
    [seen] = PANDA.policy.cameras
    assert np.array_equal(pictures.fit({'top': IMAGE})['top'], fit_for_policy(IMAGE, seen))


@pytest.mark.parametrize('deployment', [PANDA, load_deployment('so101_real')])
def test_a_camera_is_as_captured_if_asked_for_or_no_policy_sees_it(deployment):
    pictures = Pictures(deployment, as_captured=deployment is PANDA)
    assert pictures.shapes == {'top': (384, 384, 3)}
    assert pictures.fit({'top': IMAGE})['top'] is IMAGE


def test_a_feature_of_another_kind_goes_by_the_name_of_its_camera():
    assert set(Pictures(seeing('observation.image'), False).shapes) == {'top'}


def test_a_camera_that_the_cell_does_not_have_is_black():
    deployment = seeing('observation.images.front', black='observation.images.wrist')
    pictures = Pictures(deployment, as_captured=False)
    assert pictures.shapes == {'front': (48, 64, 3), 'wrist': (32, 32, 3)}
    assert not pictures.fit({'top': IMAGE})['wrist'].any()
    assert pictures.cameras == ('top',)


def test_two_images_of_one_key_are_refused():
    with pytest.raises(ContractError, match='images'):
        Pictures(seeing('observation.image', 'observation.images.top'), False)
