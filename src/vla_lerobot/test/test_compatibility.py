from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest
from vla_contract.contract import load_contract
from vla_contract.errors import NameMismatchError, PolicyMismatchError, VlaError
from vla_lerobot.compatibility import (
    require_features,
    require_same_contract,
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
def contract():
    return load_contract('panda_2f85')


@pytest.fixture
def dataset(contract):
    features = dataset_features(contract)
    meta = SimpleNamespace(features=features, camera_keys=[TOP], robot_type=contract.name)
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
def test_a_checkpoint_of_another_contract_is_refused(contract, name, value):
    with pytest.raises(PolicyMismatchError, match=f'policy: {name}: the checkpoint was trained'):
        require_same_contract(contract, 'policy', {name: value})


def test_a_checkpoint_that_records_nothing_is_believed(contract):
    require_same_contract(contract, 'policy', {})


def test_a_dataset_of_another_robot_or_rate_is_refused(contract, dataset):
    require_same_robot(contract, dataset)
    dataset.fps = 30
    with pytest.raises(VlaError, match='data: fps: found 30 Hz; allowed: 10 Hz'):
        require_same_robot(contract, dataset)
    dataset.meta.robot_type = 'vx300s'
    with pytest.raises(VlaError, match="data: robot: found 'vx300s'"):
        require_same_robot(contract, dataset)


def test_another_joint_order_is_refused(contract, dataset):
    names = contract.state.names
    other = replace(contract.state, names=(names[1], names[0], *names[2:]))
    with pytest.raises(NameMismatchError, match='observation.state: in another order'):
        require_same_robot(replace(contract, state=other), dataset)
