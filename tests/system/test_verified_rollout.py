"""Before a rollout the node compares the simulator's camera with its calibration, by the arm."""

from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import pytest
from test_capture_session import DOMAIN, Operator
from vla_contract.schema import load_yaml
from vla_contract.share import find_config
from vla_rollout.graph.stack import Stack
import yaml

CONFIG = Path(__file__).parents[2] / 'config'
STACK = """processes:
  - {name: mujoco_bridge, module: vla_sim_bridge.ros.mujoco_bridge,
     parameters: mujoco_bridge.yaml}
  - {name: verify_calibration, module: vla_calibration.verify.ros.verify_node,
     parameters: verify_calibration.yaml}
"""


@pytest.mark.parametrize(
    ('pushed_m', 'level', 'words'),
    [(0.0, 'OK', 'from where it was calibrated'), (0.02, 'WARN', 'good: 1 px and 2 mm')],
    ids=['stayed', 'leans by 20 mm'],
)
def test_a_camera_that_was_pushed_is_told_before_the_rollout(
    tmp_path, monkeypatch, pushed_m, level, words
):
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    pushed = load_yaml(find_config('deployments', 'panda_lift_cube'))
    pushed['overrides'] = {
        'cell.cameras.top.placement.eye_m': [1.05, pushed_m, 0.55],
        'task.simulation.home_jitter_rad': 0.0,
    }
    (tmp_path / 'pushed.yaml').write_text(yaml.safe_dump(pushed))
    (tmp_path / 'stacks').mkdir()
    (tmp_path / 'stacks' / 'verify.yaml').write_text(STACK)
    for name in ('mujoco_bridge.yaml', 'verify_calibration.yaml'):
        (tmp_path / name).symlink_to(CONFIG / name)
    overrides = {
        'mujoco_bridge': {'deployment': str(tmp_path / 'pushed.yaml')},
        'verify_calibration': {'silhouette': 'simulated'},
    }
    found: list[DiagnosticArray] = []
    with Stack(str(tmp_path / 'stacks' / 'verify.yaml'), tmp_path, DOMAIN, overrides) as stack:
        operator = Operator()
        operator.listen(DiagnosticArray, 'diagnostics', found.append)
        answers = []

        def is_compared() -> bool:
            stack.check()
            answers.append(operator.call('verify_calibration/check'))
            return 'silhouette is' in answers[-1].message

        operator.wait(is_compared, 60.0, 'an image with joints around it')
        # A warning leaves it to people whether to go on.
        assert answers[-1].success
        assert words in answers[-1].message
        wanted = {'OK': DiagnosticStatus.OK, 'WARN': DiagnosticStatus.WARN}[level]
        operator.wait(
            lambda: any(
                status.name == 'verify_calibration' and status.level == wanted
                and 'silhouette is' in status.message
                for msg in found
                for status in msg.status
            ),
            10.0,
            f'{level} on /diagnostics',
        )  # fmt: skip
        operator.close()
