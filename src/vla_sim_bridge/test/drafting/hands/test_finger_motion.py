from described_arm import STROKE_M, TIP_M
import mujoco
import numpy as np
import pytest
from vla_sim_bridge.drafting.hands.arms import find_arms
from vla_sim_bridge.drafting.hands.fingers import copied_motions, measure_grasp
from vla_sim_bridge.drafting.hands.tool_frame import find_tool, place_of
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.kinematics.posture import Posture

# Without tags that couple them; the right one moves the other way.
TWO_MOTORS = """<mujoco><compiler angle="radian" autolimits="true"/><worldbody>
  <body name="a"><joint name="a" axis="0 1 0" range="-1 1"/><geom size="0.02"/>
   <body name="b" pos="0 0 0.2"><joint name="b" axis="0 1 0" range="-1 1"/><geom size="0.02"/>
    <body name="c" pos="0 0 0.2"><joint name="c" axis="0 0 1" range="-1 1"/><geom size="0.02"/>
     <body name="l" pos="0 0.01 0.05"><joint name="l_finger" type="slide" axis="0 1 0"
       range="0.01 0.05"/><geom type="box" size="0.01 0.005 0.03"/></body>
     <body name="r" pos="0 -0.01 0.05"><joint name="r_finger" type="slide" axis="0 1 0"
       range="-0.05 -0.01"/><geom type="box" size="0.01 0.005 0.03"/></body>
  </body></body></body></worldbody></mujoco>"""


def test_a_finger_that_nothing_couples_mirrors_the_leading_one():
    tree = JointTree(mujoco.MjModel.from_xml_string(TWO_MOTORS))
    (arm,) = find_arms(tree)
    (mimic,) = copied_motions(tree, arm.gripper, Posture(tree.model, tree.joints))
    assert (mimic.joint, mimic.follows) == ('r_finger', 'l_finger')
    assert (mimic.multiplier, mimic.offset) == (-1.0, 0.0)


def test_parallel_fingers_are_measured(tree):
    (arm,) = find_arms(tree)
    posture = Posture(tree.model, [*arm.joints, arm.gripper.leader])
    posture.place(dict.fromkeys(arm.joints, 0.3))
    grasp = measure_grasp(tree, arm, arm.gripper, posture, (0.0, STROKE_M))
    assert (grasp.closed, grasp.opened) == (0.0, STROKE_M)
    # Both fingers move, in opposite directions.
    assert grasp.opening_m == pytest.approx(2 * STROKE_M, abs=1e-4)
    assert grasp.approach == pytest.approx(np.array([0.0, 0.0, 1.0]), abs=1e-6)
    assert np.abs(grasp.closing) == pytest.approx(np.array([0.0, 1.0, 0.0]), abs=1e-3)
    assert grasp.centre == pytest.approx(np.array([0.0, 0.0, TIP_M - 0.01]), abs=2e-3)
    assert grasp.tips[:, 2] == pytest.approx(np.full(2, TIP_M), abs=2e-3)
    assert [tree.model.body(body).name for body in grasp.fingers] == [
        'left_finger_link',
        'right_finger_link',
    ]


def test_a_maker_s_frame_between_the_tips_is_the_tool(tree):
    (arm,) = find_arms(tree)
    posture = Posture(tree.model, [*arm.joints, arm.gripper.leader])
    posture.place({})
    grasp = measure_grasp(tree, arm, arm.gripper, posture, (0.0, STROKE_M))
    tool = find_tool(tree, arm, posture, grasp)
    assert (tool.body, tool.approach, tool.closing) == ('tcp', 'z', 'y')
    position, _ = place_of(posture, tool)
    # Stretched out, from the base: 0.1 + 0.1 + 0.3 + 0.15 + 0.12 + 0.08 m to the hand.
    assert position == pytest.approx(np.array([0.0, 0.0, 0.85 + TIP_M - 0.01]))


def test_a_flange_points_along_its_last_joint(tree):
    (arm,) = find_arms(tree)
    posture = Posture(tree.model, arm.joints)
    posture.place({})
    tool = find_tool(tree, arm, posture, None, tip='hand')
    assert (tool.body, tool.approach) == ('hand', 'z')
    moved = tool.moved(tree.model, np.array([0.0, 0.0, 0.1]))
    assert moved.position == pytest.approx(np.array([0.0, 0.0, 0.1]))
