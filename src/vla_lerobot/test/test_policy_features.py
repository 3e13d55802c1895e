from dataclasses import replace

import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import BlackImage
from vla_contract.errors import ContractError, NameMismatchError
from vla_contract.values import Observation
from vla_lerobot.compatibility import require_same_robot
from vla_lerobot.features import dataset_features, FeatureEncoder, STATE
from vla_lerobot.frames import new_dataset, open_dataset, RecordedFrames
from vla_lerobot.images import fit_for_policy

DEPLOYMENT = load_deployment()
IMAGE = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)
SEEN = Observation(0, np.arange(8.0), {'top': IMAGE}, '')


def test_state_and_images_stand_under_their_feature_names():
    features = FeatureEncoder(DEPLOYMENT)(SEEN)
    assert set(features) == {STATE, 'observation.images.top'}
    assert features[STATE].dtype == np.float32
    assert features[STATE].tolist() == list(range(8))
    expected = fit_for_policy(IMAGE, DEPLOYMENT.policy.cameras[0])
    assert np.array_equal(features['observation.images.top'], expected)


def test_another_order_of_the_state_is_followed_by_name():
    names = DEPLOYMENT.cell.joint_names[::-1]
    assert FeatureEncoder(DEPLOYMENT, names)(SEEN)[STATE].tolist() == list(range(7, -1, -1))
    with pytest.raises(NameMismatchError, match='elbow'):
        FeatureEncoder(DEPLOYMENT, ['elbow'])


def test_one_camera_may_be_several_features_and_others_black():
    top = replace(DEPLOYMENT.policy.cameras[0], rotate=180)
    grey = replace(top, feature='observation.images.grey', width=64, height=48, grey=True)
    black = BlackImage('observation.images.wrist', 32, 24)
    policy = replace(DEPLOYMENT.policy, cameras=(top, grey), black_images=(black,))
    deployment = replace(DEPLOYMENT, policy=policy)
    features = FeatureEncoder(deployment)(SEEN)
    images = {key: value for key, value in features.items() if key != STATE}
    assert list(images) == [top.feature, grey.feature, black.feature]
    plain = FeatureEncoder(DEPLOYMENT)(SEEN)[top.feature]
    assert np.array_equal(images[top.feature], plain[::-1, ::-1])
    assert np.ptp(images[grey.feature], axis=2).max() == 0
    assert images[black.feature].shape == (24, 32, 3)
    assert not images[black.feature].any()
    columns = dataset_features(deployment)
    for key, image in images.items():
        assert columns[key]['shape'] == image.shape
        assert columns[key]['names'] == ['height', 'width', 'channels']


def test_cameras_of_the_cell_that_the_policy_does_not_name_are_not_needed():
    cell = DEPLOYMENT.cell
    cameras = (*cell.cameras, replace(cell.cameras[0], name='wrist'))
    deployment = replace(DEPLOYMENT, cell=replace(cell, cameras=cameras))
    assert set(FeatureEncoder(deployment)(SEEN)) == {STATE, 'observation.images.top'}


def test_a_dataset_of_turned_cameras_is_read_back_as_it_was_written(tmp_path):
    top = replace(DEPLOYMENT.policy.cameras[0], rotate=90, flip='horizontal', width=48, height=64)
    cameras = (top, replace(top, feature='observation.images.grey', grey=True))
    black = (BlackImage('observation.images.wrist', 16, 16),)
    policy = replace(DEPLOYMENT.policy, cameras=cameras, black_images=black)
    deployment = replace(DEPLOYMENT, policy=policy)
    encode, features = FeatureEncoder(deployment), dataset_features(deployment)
    written = new_dataset(tmp_path / 'turned', 'turned', deployment, features)
    home = Observation(0, DEPLOYMENT.cell.home, {'top': IMAGE}, '')
    values = encode(home)
    written.add_frame({**values, 'action': values[STATE], 'task': 'lift'})
    written.save_episode()
    written.finalize()
    dataset = open_dataset(tmp_path / 'turned')
    require_same_robot(deployment, dataset)
    again = encode(RecordedFrames(deployment, dataset)[0])
    for key in (camera.feature for camera in cameras):
        assert np.array_equal(again[key], values[key]), key
    assert not again['observation.images.wrist'].any()
    other = replace(cameras[1], resize='stretch')
    mixed = replace(deployment, policy=replace(policy, cameras=(top, other)))
    with pytest.raises(ContractError, match='one rule and one aspect ratio'):
        RecordedFrames(mixed, dataset)
