import mujoco
import numpy as np
import pytest
from vla_sim_bridge.drafting.hands.arms import find_arms
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.mirror import mirrored


def arm(side: str, y: float, axes: tuple[str, str, str]) -> str:
    """Return a chain of three links of different lengths, mirrored by the sign of y."""
    bodies = ''
    for number, (axis, place) in enumerate(
        zip(axes, ('0 {y} 0', '0.2 {h} 0', '0 {h} 0.3'), strict=True)
    ):
        bodies += (
            f'<body name="{side}_{number}" pos="{place.format(y=y, h=y / 3)}">'
            f'<joint name="{side}_joint_{number}" axis="{axis}"/><geom size="0.02"/>'
        )
    return f'{bodies}<body name="{side}_end" pos="0.1 {y / 5} 0.1"/></body></body></body>'


def tree_of(*arms: str) -> JointTree:
    return JointTree(mujoco.MjModel.from_xml_string(
        f'<mujoco><worldbody>{"".join(arms)}</worldbody></mujoco>'))  # fmt: skip


def test_the_other_arm_is_the_image_of_the_first():
    # The second joint of the right arm turns the other way, as makers often have it.
    tree = tree_of(arm('left', 0.3, ('0 0 1', '0 1 0', '1 0 0')),
                   arm('right', -0.3, ('0 0 1', '0 -1 0', '1 0 0')))  # fmt: skip
    left, right = find_arms(tree)
    posture, joints = Posture(tree.model, tree.joints), np.array([0.4, -0.7, 0.9])
    image = mirrored(posture, left, joints, right)
    posture.move([*left.joints, *right.joints], np.concatenate([joints, image]))
    ends = [posture.pose(tree.model.body(f'{side}_end').id)[0] for side in ('left', 'right')]
    assert ends[1] == pytest.approx(ends[0] * [1.0, -1.0, 1.0])


def test_arms_that_are_no_mirror_images_have_none():
    tree = tree_of(arm('left', 0.3, ('0 0 1', '0 1 0', '1 0 0')),
                   arm('right', -0.3, ('0 0 1', '1 0 0', '1 0 0')))  # fmt: skip
    left, right = find_arms(tree)
    assert mirrored(Posture(tree.model, tree.joints), left, np.ones(3), right) is None
