from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from openpi_server import arena_server
from policy_changes import with_policy
import pytest
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import PolicyError
from vla_contract.values import Observation, to_ns
from vla_contract.vectors.presets import state_of
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig, ROBOARENA
from vla_policy_server.serving.session import infer_checked

# What its PolicyServerConfig has where a server says nothing else.
CONFIG = {
    'image_resolution': [224, 224],
    'needs_wrist_camera': True,
    'n_external_cameras': 1,
    'needs_stereo_camera': False,
    'needs_session_id': False,
    'action_space': 'joint_position',
}
STATE = np.array([0.0, 0.15, 0.0, -2.15, 0.0, 2.30, 0.785, 0.4])
IMAGE = np.random.default_rng(4).integers(0, 256, (384, 384, 3), dtype=np.uint8)
SEEN = Observation(to_ns(3.0), STATE, {'top': IMAGE}, 'lift the cube')
EXTERIOR, WRIST = 'observation/exterior_image_0_left', 'observation/wrist_image_left'


class Arena:
    """Holds still; remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.resets: list[dict[str, Any]] = []

    def infer(self, observation: dict[str, Any]) -> dict[str, Any]:
        self.seen.append(observation)
        joints = observation['observation/joint_position']
        gripper = observation['observation/gripper_position']
        return {'actions': np.tile(np.concatenate([joints, gripper]), (3, 1)).astype(np.float32)}


@pytest.fixture
def droid(deployment) -> Deployment:
    """Return a deployment whose policy speaks DROID's units and sees the camera twice."""
    units = state_of('droid', deployment.cell.joint_names, deployment.cell)
    (camera,) = deployment.policy.cameras
    cameras = (camera, replace(camera, feature='wrist'))
    return with_policy(deployment, state=units, action=units, cameras=cameras)


@contextmanager
def connected(
    deployment: Deployment, arena: Arena, images: dict[str, str] | None = None, **changes: Any
) -> Iterator[RemotePolicy]:
    images = {'observation.images.top': EXTERIOR, 'wrist': WRIST} if images is None else images
    with arena_server(arena.infer, arena.resets.append, {**CONFIG, **changes}) as url:
        far = RemotePolicy(deployment, RemoteConfig(url, protocol=ROBOARENA, images=images))
        yield far
        far.close()


def test_a_server_gets_what_its_configuration_wants(droid):
    arena = Arena()
    with connected(droid, arena) as far:
        chunk = far.infer(SEEN)
    (seen,) = arena.seen
    assert {key: getattr(value, 'shape', value) for key, value in seen.items()} == {
        'observation/joint_position': (7,),
        'observation/gripper_position': (1,),
        EXTERIOR: (224, 224, 3),
        WRIST: (224, 224, 3),
        'prompt': 'lift the cube',
    }
    closed = droid.cell.joints[7].closed
    assert seen['observation/gripper_position'][0] == pytest.approx(0.4 / closed)
    assert chunk.positions == pytest.approx(np.tile(STATE, (3, 1)), abs=1e-6)


@pytest.mark.parametrize(
    ('changes', 'sent'),
    [
        ({'needs_wrist_camera': False}, {EXTERIOR}),
        ({'n_external_cameras': 0}, {WRIST}),
        ({'n_external_cameras': 0, 'needs_wrist_camera': False}, set()),
    ],
)
def test_only_the_images_that_it_wants_are_sent(droid, changes, sent):
    arena = Arena()
    with connected(droid, arena, **changes) as far:
        far.infer(SEEN)
    assert {key for key in arena.seen[0] if 'image' in key} == sent


def test_each_episode_is_reset_and_has_an_id_of_its_own(droid):
    arena = Arena()
    with connected(droid, arena, needs_session_id=True) as far:
        resets = []
        for starts in (False, False, True):
            if starts:
                far.reset()
            far.infer(SEEN)
            resets.append(len(arena.resets))
    assert resets == [1, 1, 2]
    first, second, third = (seen['session_id'] for seen in arena.seen)
    assert isinstance(first, str)
    assert first == second != third


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'n_external_cameras': 2}, 'wants observation/exterior_image_1_left; found: .*wrist_im'),
        ({'needs_stereo_camera': True}, 'exterior_image_0_right, observation/wrist_image_right;'),
        ({'n_external_cameras': 3}, 'n_external_cameras: found 3; allowed: 0 to 2'),
        ({'n_external_cameras': True}, 'n_external_cameras: found True; allowed: int'),
        ({'action_space': 'joint_velocity'}, 'action_space: found joint_velocity; policy'),
    ],
)
def test_what_a_robot_does_not_have_is_refused(droid, changes, reason):
    with pytest.raises(PolicyError, match=reason), connected(droid, Arena(), **changes):
        pass


def test_other_units_than_droids_are_refused(deployment):
    with (
        pytest.raises(
            PolicyError,
            match='state: robotiq_85_left_knuckle_joint: found rad in policy .*; RoboArena means '
            '.*: preset droid says so',
        ),
        connected(deployment, Arena(), {'top': EXTERIOR}, needs_wrist_camera=False),
    ):
        pass


def test_a_reset_that_fails_is_one_sentence(droid):
    def fail(_: dict[str, Any]) -> None:
        raise ValueError('no such episode')

    with arena_server(Arena().infer, fail, {**CONFIG, 'needs_wrist_camera': False}) as url:
        images = {'top': EXTERIOR}
        far = RemotePolicy(droid, RemoteConfig(url, protocol=ROBOARENA, images=images))
        assert str(infer_checked(far, SEEN)).endswith('refused: ValueError: no such episode')
        far.close()
