import mujoco
import numpy as np
import pytest
from vla_sim_bridge.drafting.kinematics.posture import Posture

# A parallelogram: two cranks and a rod that is tied to the second.
LINKAGE = """<mujoco><compiler angle="radian"/><worldbody>
  <body name="one"><joint name="one" axis="0 1 0"/><geom size="0.01"/>
    <body name="rod" pos="0 0 0.2"><joint name="rod" axis="0 1 0"/><geom size="0.01"/></body>
  </body>
  <body name="two" pos="0.1 0 0"><joint name="two" axis="0 1 0"/><geom size="0.01"/></body>
  </worldbody><equality>
  <connect body1="rod" body2="two" anchor="0.1 0 0"/></equality></mujoco>"""


@pytest.mark.parametrize('angle', [-0.6, 0.0, 0.9])
def test_a_linkage_closes_wherever_its_crank_is_put(angle):
    model = mujoco.MjModel.from_xml_string(LINKAGE)
    posture = Posture(model, [0])
    posture.place({0: angle})
    assert posture.position(0) == angle
    # In a parallelogram the cranks are parallel, and the rod keeps its direction.
    assert posture.position(model.joint('two').id) == pytest.approx(angle, abs=1e-5)
    assert posture.position(model.joint('rod').id) == pytest.approx(-angle, abs=1e-5)


def test_the_jacobian_is_the_derivative_of_the_place():
    model = mujoco.MjModel.from_xml_string(LINKAGE)
    posture = Posture(model, [0, 1, 2])
    joints, at, step = [0, 1], np.array([0.3, -0.2]), 1e-6
    posture.move(joints, at)
    point = posture.pose(2)[0]
    moves, turns = posture.jacobian(2, point, joints)
    for column, change in enumerate(step * np.eye(2)):
        posture.move(joints, at + change)
        assert (posture.pose(2)[0] - point) / step == pytest.approx(moves[:, column], abs=1e-5)
    assert turns == pytest.approx(np.array([[0, 0], [1, 1], [0, 0]]))
