from dataclasses import replace

import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.errors import ContractError, UnknownNameError
from vla_contract.values import Observation
from vla_lerobot.features import FeatureEncoder
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.handshake import described
from vla_policy_server.wire.observation_message import (
    CHW,
    EARLIER,
    ObservationKeys,
    ObservationReader,
    ObservationWriter,
    policy_keys,
    STATE,
)

TOP = 'observation.images.top'


@pytest.fixture
def seen(deployment) -> Observation:
    image = np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8)
    return Observation(5, deployment.cell.home, {'top': image}, 'lift')


def of(deployment, *changes):
    """Return a deployment whose camera is as many features as there are changes."""
    [camera] = deployment.policy.cameras
    cameras = tuple(
        replace(camera, **{'feature': f'{TOP}{n or ""}', **each}) for n, each in enumerate(changes)
    )
    return with_policy(deployment, cameras=cameras)


@pytest.mark.parametrize(
    'changes',
    [
        ({},),
        ({'rotate': 180},),
        ({'rotate': 90, 'flip': 'horizontal', 'width': 64, 'height': 48},),
        ({'rotate': 90}, {'grey': True}, {'flip': 'vertical'}),
    ],
)
def test_a_worker_sees_what_the_policy_beside_the_robot_would(deployment, seen, changes):
    other = of(deployment, *changes)
    message = ObservationWriter(other, policy_keys(other)).write(seen)
    read = ObservationReader(other, True, ()).read(message, 5)
    encode = FeatureEncoder(other)
    for key, values in encode(seen).items():
        assert np.array_equal(encode(read)[key], values), key


def test_an_image_as_captured_is_turned_by_the_worker(deployment, seen):
    other = of(deployment, {'rotate': 180})
    message = ObservationWriter(other, policy_keys(other)).write(seen)
    message[TOP] = seen.images['top']
    read = ObservationReader(other, True, ()).read(message, 5)
    assert np.array_equal(read.images['top'], seen.images['top'])


def test_a_server_of_others_gets_a_camera_or_one_of_its_features(deployment, seen):
    other = of(deployment, {}, {'grey': True})
    keys = {'top': 'a', f'{TOP}1': 'b', TOP: 'c'}
    message = ObservationWriter(other, ObservationKeys({}, keys)).write(seen)
    features = FeatureEncoder(other)(seen)
    assert np.array_equal(message['b'], features[f'{TOP}1'])
    assert np.array_equal(message['c'], features[TOP])
    with pytest.raises(UnknownNameError, match="camera 'wrist'"):
        ObservationWriter(other, ObservationKeys({}, {'wrist': 'a'}))


def test_images_stand_in_a_map_with_colour_first_where_a_server_wants_that(deployment, seen):
    keys = ObservationKeys({}, {'top': 'cam_high'}, images_in='images', layout=CHW)
    message = ObservationWriter(deployment, keys).write(seen)
    expected = FeatureEncoder(deployment)(seen)[TOP]
    assert np.array_equal(message['images']['cam_high'], expected.transpose(2, 0, 1))
    assert message.keys() == {'prompt', 'images'}


def test_what_cannot_be_told_from_one_image_is_refused_by_a_worker(deployment):
    other = of(deployment, {}, {'resize': 'stretch', 'width': 64})
    with pytest.raises(ContractError, match='camera top: found .*one rule and one aspect ratio'):
        ObservationReader(other, True, ())
    ObservationReader(other, False, ())


def test_the_handshake_says_how_images_are_turned(deployment):
    [plain] = described(deployment, True)['images'].values()
    assert plain == 'camera top, 96 x 96 px, crop'
    [turned] = described(of(deployment, {'rotate': 180}), True)['images'].values()
    assert turned != plain


def test_the_message_of_a_camera_as_ever_has_the_same_keys(deployment, seen):
    message = ObservationWriter(deployment, policy_keys(deployment)).write(seen)
    assert sorted(message) == sorted([STATE, TOP, 'prompt'])


@pytest.mark.parametrize(
    ('earlier', 'sentence'),
    [
        (None, 'earlier is missing'),
        ('none', 'earlier: found str; allowed: a list of maps'),
        ([1], 'earlier: found list; allowed: a list of maps'),
        ([{}, {}, {}], 'earlier: found 3 entries; allowed: up to 2'),
        ([{}], 'observation.state is missing'),
    ],
)
def test_a_history_that_does_not_fit_is_one_sentence(deployment, seen, earlier, sentence):
    message = ObservationWriter(deployment, policy_keys(deployment)).write(seen, 2)
    assert message.pop(EARLIER) == []
    if earlier is not None:
        message[EARLIER] = earlier
    with pytest.raises(MessageRefusedError, match=sentence):
        ObservationReader(deployment, True, (), 2).read(message, 5)
