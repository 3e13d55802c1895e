"""An arm with the motors of an SO-101, for tests of units."""

from dataclasses import replace
from math import pi
from pathlib import Path

from vla_contract.deployment.cell import load_cell
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.deployment.policy_file import load_policy_file

STEP = 2.0 * pi / 4095
"""Of an encoder [rad]."""
ARM = ('shoulder_pan', 'shoulder_lift', 'elbow_flex', 'wrist_flex', 'wrist_roll')
MOTORS = (*ARM, 'gripper')


def so101(folder: Path, says: str) -> Deployment:
    """Return a deployment with the joints of an SO-101 and a policy file that says some lines.

    Limits are whole steps of the encoders; those of the arm lie evenly about 0.
    """
    cell = load_cell('panda_table')
    robot = cell.robot
    one, gripper = robot.joints[0], robot.joints[-1]
    joints = tuple(
        replace(
            one, name=name, lower=-(1300 - 70 * index) * STEP, upper=(1300 - 70 * index) * STEP
        )
        for index, name in enumerate(ARM)
    )
    gripper = replace(
        gripper, name='gripper', lower=-114 * STEP, upper=1138 * STEP, closed_at='lower'
    )
    arm, hand = robot.groups
    groups = (replace(arm, joints=ARM), replace(hand, joints=('gripper',)))
    robot = replace(robot, name='so101', joints=(*joints, gripper), groups=groups)
    cell = replace(cell, robots=(replace(cell.robots[0], robot=robot),))
    path = folder / 'so101.yaml'
    path.write_text(f'schema: 1\nname: so101\nbackend: hold\nrate_hz: 30.0\n{says}\n')
    return replace(load_deployment(), cell=cell, policy=load_policy_file(path, str(path), cell))
