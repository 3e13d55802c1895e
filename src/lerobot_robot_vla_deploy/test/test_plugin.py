"""LeRobot finds the robot, and touches nothing of ROS before it connects."""

import subprocess
import sys

from lerobot.robots import make_robot_from_config, RobotConfig
from lerobot.utils.errors import DeviceNotConnectedError
from lerobot.utils.import_utils import register_third_party_plugins
from lerobot_robot_vla_deploy.config_vla_deploy import VlaDeployConfig
import pytest
from vla_contract.errors import SettingError

_FOUND = """
import sys
from lerobot.robots import make_robot_from_config, RobotConfig
from lerobot.utils.import_utils import register_third_party_plugins
register_third_party_plugins()
config = RobotConfig.get_choice_class('vla_deploy')(calibration_dir=sys.argv[1])
make_robot_from_config(config)
print('rclpy' in sys.modules)
"""


def robot(folder, **options):
    return make_robot_from_config(VlaDeployConfig(calibration_dir=folder, **options))


def test_discovery_finds_it_without_ros(tmp_path):
    code = _FOUND.replace('sys.argv[1]', f'__import__("pathlib").Path({str(tmp_path)!r})')
    found = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, timeout=300, check=True
    )
    assert found.stdout.split() == ['False']


def test_features_are_known_before_it_connects(tmp_path):
    register_third_party_plugins()
    assert RobotConfig.get_choice_class('vla_deploy') is VlaDeployConfig
    found = robot(tmp_path, deployment='so101_lift_cube', preset='so101_degrees')
    names = list(found.action_features)
    assert names[0] == 'shoulder_pan.pos'
    assert names[-1] == 'gripper.pos'
    assert found.observation_features == {**dict.fromkeys(names, float), 'top': (96, 96, 3)}
    assert len(found.cameras) == 1
    assert found.is_calibrated
    assert not found.is_connected


@pytest.mark.parametrize(
    'call', [lambda r: r.get_observation(), lambda r: r.send_action({}), lambda r: r.disconnect()]
)
def test_a_robot_that_is_not_connected_says_so(tmp_path, call):
    with pytest.raises(DeviceNotConnectedError):
        call(robot(tmp_path))


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'images': 'none'}, "images: found 'none'.*policy or captured"),
        ({'timeout_s': 0.0}, 'timeout_s: found 0.0'),
        ({'namespace': 'a b'}, "namespace: found 'a b'"),
        ({'namespace': '1/x'}, "namespace: found '1/x'"),
    ],
)
def test_a_value_that_is_not_allowed_is_told(tmp_path, options, said):
    with pytest.raises(SettingError, match=said):
        VlaDeployConfig(calibration_dir=tmp_path, **options)


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        ({'deployment': 'panda_lift_cub'}, 'did you mean panda_lift_cube'),
        ({'preset': 'so101'}, 'so101_degrees'),
        ({'cell': 'so101_table'}, 'missing shoulder_pan'),
    ],
)
def test_a_name_that_is_unknown_is_told(tmp_path, options, said):
    with pytest.raises(ValueError, match=said):
        robot(tmp_path, **options)
