"""What is recorded for a policy that speaks of the tool."""

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_lerobot.features import ACTION, STATE
from vla_lerobot.record_columns import FILTERED, MEASURED
from vla_rollout.recording.frames import frame_features

FINGER = 'robotiq_85_left_knuckle_joint'


@pytest.fixture
def deployment(tmp_path):
    path = tmp_path / 'own.yaml'
    vector = f'[{{quantity: tool_pose, rotation: rotvec}}, {{joints: [{FINGER}]}}]'
    path.write_text(
        f'schema: 1\nname: own\nrate_hz: 10.0\nbackend: hold\nstate: {vector}\naction: {vector}\n'
    )
    return load_deployment(policy=str(path))


def test_state_and_action_are_the_policys_and_the_record_is_joints(deployment):
    features = frame_features(deployment)
    names = [*(f'gripper.{name}' for name in ('x', 'y', 'z', 'rx', 'ry', 'rz')), FINGER]
    for key in (STATE, ACTION):
        assert features[key]['names'] == names
        assert features[key]['shape'] == (7,)
        assert len(features[key]['units']) == 7
    for key in (FILTERED, MEASURED):
        assert tuple(features[key]['names']) == deployment.cell.joint_names
