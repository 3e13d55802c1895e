from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import Component
from vla_contract.errors import NameMismatchError, PolicyMismatchError, VlaError
from vla_lerobot.compatibility import (
    require_features,
    require_same_meaning,
    require_same_robot,
)
from vla_lerobot.features import ACTION, dataset_features, STATE

TOP = 'observation.images.top'


@dataclass
class Config:
    input_features: dict = field(default_factory=dict)
    output_features: dict = field(default_factory=dict)


def feature(kind, *shape):
    return SimpleNamespace(type=SimpleNamespace(name=kind), shape=shape)


def config(**inputs):
    inputs = {TOP: feature('VISUAL', 3, 96, 96), STATE: feature('STATE', 8), **inputs}
    return Config(inputs, {ACTION: feature('ACTION', 8)})


@pytest.fixture
def deployment():
    return load_deployment()


@pytest.fixture
def dataset(deployment):
    features, robot = dataset_features(deployment), deployment.cell.robot
    meta = SimpleNamespace(features=features, camera_keys=[TOP], robot_type=robot.name)
    return SimpleNamespace(meta=meta, fps=10, root='data')


def test_a_policy_with_the_same_features_fits(dataset):
    require_features('policy', config(), dataset)


def test_a_missing_camera_is_named(dataset):
    wrist = {'observation.images.wrist': feature('VISUAL', 3, 96, 96)}
    with pytest.raises(PolicyMismatchError, match="'observation.images.wrist' is not in data"):
        require_features('policy', config(**wrist), dataset)


def test_a_camera_that_the_policy_ignores_is_named(dataset):
    blind = Config({STATE: feature('STATE', 8)}, {ACTION: feature('ACTION', 8)})
    with pytest.raises(PolicyMismatchError, match='does not look at observation.images.top'):
        require_features('policy', blind, dataset)


def test_another_image_size_is_refused_unless_the_policy_resizes(dataset):
    large = config(**{TOP: feature('VISUAL', 3, 224, 224)})
    with pytest.raises(PolicyMismatchError, match=r'takes shape \[3, 224, 224\]'):
        require_features('policy', large, dataset)
    large.resize_imgs_with_padding = (512, 512)
    require_features('policy', large, dataset)


def test_a_wider_state_is_refused_unless_the_policy_pads(dataset):
    narrow = config(**{STATE: feature('STATE', 6)})
    with pytest.raises(PolicyMismatchError, match='observation.state'):
        require_features('policy', narrow, dataset)
    narrow.max_state_dim = 32
    require_features('policy', narrow, dataset)


@pytest.mark.parametrize(
    ('name', 'value'),
    [('robot', 'vx300s'), ('fps', 30.0), ('action_names', ['elbow']), ('state_names', ['elbow'])],
)
def test_a_checkpoint_of_another_meaning_is_refused(deployment, name, value):
    with pytest.raises(PolicyMismatchError, match=f'policy: {name}: the checkpoint was trained'):
        require_same_meaning(deployment, 'policy', {name: value})


def test_a_checkpoint_that_records_nothing_is_believed(deployment):
    require_same_meaning(deployment, 'policy', {})


def test_a_dataset_of_another_robot_or_rate_is_refused(deployment, dataset):
    require_same_robot(deployment, dataset)
    dataset.fps = 30
    with pytest.raises(VlaError, match='data: fps: found 30 Hz; allowed: 10 Hz'):
        require_same_robot(deployment, dataset)
    dataset.meta.robot_type = 'vx300s'
    with pytest.raises(VlaError, match="data: robot: found 'vx300s'"):
        require_same_robot(deployment, dataset)


@pytest.mark.parametrize(
    ('robot', 'recorded'),
    [
        ('so101', 'so101_follower'),
        ('so101', 'so_follower'),
        ('so100', 'so_follower'),
        ('koch', 'koch_follower'),
    ],
)
def test_a_dataset_has_the_name_of_lerobots_class_for_the_arm(
    deployment, dataset, robot, recorded
):
    [placed] = deployment.cell.robots
    own = replace(placed, robot=replace(placed.robot, name=robot))
    deployment = replace(deployment, cell=replace(deployment.cell, robots=(own,)))
    dataset.meta.robot_type = recorded
    require_same_robot(deployment, dataset)


def test_another_arm_of_lerobot_with_the_same_joints_is_refused(deployment, dataset):
    dataset.meta.robot_type = 'so_follower'
    with pytest.raises(VlaError, match=r"found 'so_follower'; allowed: 'panda_2f85' \(where that"):
        require_same_robot(deployment, dataset)


def test_another_joint_order_fits_and_other_joints_do_not(deployment, dataset):
    names = deployment.policy.state_names
    state = (Component(joints=(names[1], names[0], *names[2:])),)
    require_same_robot(
        replace(deployment, policy=replace(deployment.policy, state=state)), dataset
    )
    dataset.meta.features[STATE]['names'] = ['elbow', *names[1:]]
    with pytest.raises(NameMismatchError, match=f'data: {STATE}: missing {names[0]}'):
        require_same_robot(deployment, dataset)


def test_images_of_another_size_than_the_policys_are_refused(deployment, dataset):
    dataset.meta.features[TOP]['shape'] = (128, 120, 3)
    with pytest.raises(
        VlaError, match=f'data: {TOP}: found images of 120 x 128; allowed: 96 x 96 of policy'
    ):
        require_same_robot(deployment, dataset)


def test_an_image_whose_axes_have_no_names_has_its_colours_last(dataset):
    dataset.meta.features[TOP]['names'] = None
    require_features('policy', config(), dataset)
