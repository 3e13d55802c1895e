"""The tree against MuJoCo's kinematics: anchors, references, several joints on a body, frames."""

import mujoco
import numpy as np
import pinocchio
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.description.arm import arm_model
from vla_contract.errors import ResourceNotFoundError
from vla_contract.kinematics.tree import pinocchio_tree
from vla_contract.share import find_config

ODD = """<mujoco><compiler angle="radian"/><worldbody>
  <frame pos="0.1 0 0" euler="0 0 0.3"><body name="base" pos="0 0 0.2" quat="1 1 0 0">
    <joint name="slide" type="slide" axis="0 1 1" ref="0.05"/>
    <joint name="turn" axis="0 0 1" pos="0.1 0.2 0.3" ref="0.4"/>
    <geom size="0.1"/><site name="s" pos="0 0.1 0" euler="0.1 0.2 0.3"/>
    <body name="fixed" pos="0 0 0.3" euler="0.1 0 0.2"><geom size="0.1"/>
      <body name="turn" pos="0.2 0 0"><joint name="last" axis="-1 0 0" pos="0 0.1 0"/>
        <geom size="0.1"/><site name="t" pos="0.1 0 0"/></body></body>
    <body name="side" pos="0 0.3 0"><joint name="side" type="slide" axis="1 0 0"/>
      <geom size="0.1"/></body>
  </body></frame></worldbody></mujoco>"""


CELLS = sorted(path.stem for path in find_config('cells', 'panda_table').parent.glob('*.yaml'))


def model_of(name: str) -> mujoco.MjModel:
    if name == 'odd':
        return mujoco.MjModel.from_xml_string(ODD)
    try:
        return arm_model(load_cell(name))
    except ResourceNotFoundError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize('name', ['odd', *CELLS])
def test_bodies_and_sites_are_where_mujoco_has_them_in_100_poses(name):
    model = model_of(name)
    T = pinocchio.SE3.Random()
    tree = pinocchio_tree(model, T.homogeneous)
    data, ours = mujoco.MjData(model), tree.createData()
    rng = np.random.default_rng(0)
    order = [tree.idx_qs[tree.getJointId(model.joint(i).name)] for i in range(model.njnt)]
    for _ in range(100):
        data.qpos[:] = rng.uniform(-2.0, 2.0, model.nq)
        mujoco.mj_kinematics(model, data)
        q = pinocchio.neutral(tree)
        q[order] = data.qpos
        pinocchio.framesForwardKinematics(tree, ours, q)
        for frame, place in zip(tree.frames[1:], ours.oMf[1:], strict=True):
            at = data.body if frame.type == pinocchio.BODY else data.site
            expected = T.inverse() * pinocchio.SE3(
                at(frame.name).xmat.reshape(3, 3), at(frame.name).xpos
            )
            assert place.homogeneous == pytest.approx(expected.homogeneous, abs=1e-12)
