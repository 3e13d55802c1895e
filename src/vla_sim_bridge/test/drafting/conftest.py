from pathlib import Path

from described_arm import urdf
import pytest
from vla_sim_bridge.drafting import draft_robot
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.reading.description import Description, read_description


@pytest.fixture(scope='session')
def urdf_path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('description') / 'small_arm.urdf'
    path.write_text(urdf())
    return path


@pytest.fixture
def description(urdf_path) -> Description:
    return read_description({'urdf': str(urdf_path)}, urdf_path.parent)


@pytest.fixture
def tree(description) -> JointTree:
    return JointTree(description.spec.compile())


@pytest.fixture(scope='session')
def drafted(urdf_path) -> Path:
    out = urdf_path.parent / 'robots' / 'small_arm.yaml'
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(urdf_path.parent)
        assert draft_robot.main(['small_arm.urdf', '--out', str(out)]) == 0
    return out
