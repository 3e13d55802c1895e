"""Datasets of a policy in degrees: its own, recorded here, and in other units."""

from dataclasses import replace
import json

import numpy as np
import pytest
from small_dataset import change_info, record, TOP
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyMismatchError, VlaError
from vla_contract.vectors.component import Component, NumberMap
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.compatibility import require_same_units, vector_meaning
from vla_lerobot.dataset_checks.reading import read_episodes
from vla_lerobot.features import ACTION, dataset_features, FeatureEncoder, STATE, UNITS
from vla_lerobot.frames import open_dataset, recorded_actions, RecordedFrames
from vla_lerobot.vector_order import vector_order

PLAIN = load_deployment()
*ARM, GRIPPER = PLAIN.policy.state_names
MEANT = ['deg'] * 7 + ['100 at 0.8 rad, 0 at 0 rad']


def with_vectors(state, action=None):
    return replace(PLAIN, policy=replace(PLAIN.policy, state=state, action=action or state))


VECTOR = (
    Component(joints=tuple(ARM), unit='deg'),
    Component(joints=(GRIPPER,), map=NumberMap(open=0.0, closed=100.0)),
)
DEGREES = with_vectors(VECTOR)
VELOCITIES = with_vectors(VECTOR, (Component('joint_velocity', tuple(ARM), unit='deg'), VECTOR[1]))


@pytest.fixture(scope='module')
def plain(tmp_path_factory):
    """A dataset in rad: what another policy recorded here."""
    return open_dataset(record(tmp_path_factory.mktemp('data') / 'plain'))


def rewritten(plain, root, deployment):
    """Write a dataset again as it would have been recorded for a policy of other units."""
    from lerobot.datasets import LeRobotDataset

    features = dataset_features(deployment)
    robot = deployment.cell.robot.name
    made = LeRobotDataset.create('local/own', 10, features, root=root, robot_type=robot)
    codec, encode = VectorCodec(deployment), FeatureEncoder(deployment)
    frames, actions = RecordedFrames(PLAIN, plain), recorded_actions(PLAIN, plain)[0]
    for index, episode in enumerate(np.asarray(plain.hf_dataset['episode_index'])):
        if index and episode != plain.hf_dataset['episode_index'][index - 1]:
            made.save_episode()
        frame = plain[index]
        seen = frames[index]
        action = codec.encode_steps(actions[index], seen.state).astype(np.float32)
        image = (frame[TOP].permute(1, 2, 0) * 255).byte().numpy()
        state = encode(replace(seen, images={'top': image}))[STATE]
        made.add_frame({STATE: state, ACTION: action, TOP: image, 'task': 'move'})
    made.save_episode()
    made.finalize()
    return open_dataset(root)


@pytest.fixture(scope='module')
def degrees(plain, tmp_path_factory):
    return rewritten(plain, tmp_path_factory.mktemp('data') / 'degrees', DEGREES)


def test_a_dataset_is_written_in_the_policys_units_and_says_which(plain, degrees):
    assert degrees.meta.features[STATE][UNITS] == degrees.meta.features[ACTION][UNITS] == MEANT
    one, other = (np.asarray(d.hf_dataset.with_format('numpy')[STATE]) for d in (plain, degrees))
    assert other[:, :7] == pytest.approx(np.rad2deg(one[:, :7]), abs=1e-4)
    assert other[:, 7] == pytest.approx(one[:, 7] / 0.8 * 100.0, abs=1e-4)


def test_what_is_read_are_the_same_joints(plain, degrees):
    assert recorded_actions(DEGREES, degrees)[0] == pytest.approx(
        recorded_actions(PLAIN, plain)[0], abs=1e-5
    )
    one, other = RecordedFrames(PLAIN, plain)[5], RecordedFrames(DEGREES, degrees)[5]
    assert other.state == pytest.approx(one.state, abs=1e-5)
    pairs = zip(
        read_episodes(plain, plain.__getitem__, PLAIN),
        read_episodes(degrees, degrees.__getitem__, DEGREES),
        strict=True,
    )
    for first, second in pairs:
        assert second.rows.state == pytest.approx(first.rows.state, abs=1e-5)
        assert second.rows.action == pytest.approx(first.rows.action, abs=1e-5)


def test_velocities_of_a_dataset_lead_to_the_same_joints(plain, tmp_path):
    dataset = rewritten(plain, tmp_path / 'velocities', VELOCITIES)
    assert dataset.meta.features[ACTION][UNITS][0] == 'joint_velocity in deg per second'
    assert recorded_actions(VELOCITIES, dataset)[0] == pytest.approx(
        recorded_actions(PLAIN, plain)[0], abs=1e-5
    )


@pytest.mark.parametrize(
    ('own', 'deployment', 'message'),
    [
        ('plain', DEGREES, 'panda_joint1: found numbers in rad; allowed: deg, as the policy file'),
        ('degrees', PLAIN, 'panda_joint1: found numbers in deg; allowed: rad, as the policy file'),
    ],
)
def test_a_dataset_that_says_it_has_other_units_is_refused(request, own, deployment, message):
    dataset = request.getfixturevalue(own)
    for read in (vector_order, recorded_actions, RecordedFrames):
        with pytest.raises(VlaError, match=message):
            read(deployment, dataset)


def test_a_dataset_of_others_says_nothing_and_is_in_the_policys_units(degrees, tmp_path):
    import shutil

    root = tmp_path / 'others'
    shutil.copytree(degrees.root, root)
    features = json.loads((root / 'meta' / 'info.json').read_text())['features']
    for key in (STATE, ACTION):
        del features[key][UNITS]
        features[key]['names'] = features[key]['names'][::-1]
    change_info(root, features=features)
    assert features[STATE]['names'][0] == f'{GRIPPER}.pos'
    order = vector_order(DEGREES, open_dataset(root))
    assert order.indices[STATE].tolist() == list(range(7, -1, -1))
    assert order.floors(0.01)[STATE][:7] == pytest.approx(np.rad2deg(0.01))


def test_metadata_in_the_policys_order_has_its_units_in_that_order(degrees, tmp_path):
    names = tuple(reversed(PLAIN.policy.state_names))
    turned = with_vectors((VECTOR[1], replace(VECTOR[0], joints=names[1:])))
    order = vector_order(turned, degrees)
    own = order.metadata(degrees.meta)
    assert own.info.features[STATE][UNITS] == MEANT[::-1]
    assert own.stats[STATE]['mean'].tolist() == degrees.meta.stats[STATE]['mean'][::-1].tolist()


def test_a_checkpoint_in_other_units_is_not_trained_on():
    require_same_units(DEGREES, 'own', vector_meaning(DEGREES))
    require_same_units(DEGREES, 'of others', {})
    only_names = {'state_names': list(PLAIN.policy.state_names)}
    require_same_units(PLAIN, 'older', only_names)
    for manifest in (vector_meaning(PLAIN), only_names):
        with pytest.raises(
            PolicyMismatchError, match='own: state: panda_joint1: .* in rad; .* deg'
        ):
            require_same_units(DEGREES, 'own', manifest)
