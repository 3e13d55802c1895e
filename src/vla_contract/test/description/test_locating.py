"""Where packages of descriptions are looked for."""

import pytest
from vla_contract.deployment.robot_model import ModelFile
from vla_contract.description.locating import described_file, model_path, package_folder
from vla_contract.errors import ResourceNotFoundError


@pytest.fixture
def arm(tmp_path):
    """Returns a folder with a file, called neither as a package nor beside one."""
    folder = tmp_path / 'here'
    folder.mkdir()
    return folder


def put(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('')
    return file


def test_a_package_is_a_folder_above_by_its_name_or_its_manifest(tmp_path):
    urdf = put(tmp_path / 'src/checkout-7/urdf/arm.urdf')
    (tmp_path / 'src/checkout-7/package.xml').write_text('<package><name>arm_d</name></package>')
    assert package_folder('arm_d', urdf.parent) == tmp_path / 'src/checkout-7'
    assert package_folder('checkout-7', urdf.parent) == tmp_path / 'src/checkout-7'


def test_a_package_stands_beside_another(tmp_path):
    urdf = put(tmp_path / 'arm_description/urdf/arm.urdf')
    mesh = put(tmp_path / 'gripper_description/a.stl')
    assert described_file('package://gripper_description/a.stl', urdf.parent) == mesh


@pytest.mark.parametrize(
    ('variable', 'inside'), [('AMENT_PREFIX_PATH', 'share/p'), ('ROS_PACKAGE_PATH', 'p')]
)
def test_ros_says_where_packages_are(tmp_path, arm, monkeypatch, variable, inside):
    mesh = put(tmp_path / 'ros' / inside / 'a.stl')
    monkeypatch.setenv(variable, f'/nowhere:{tmp_path / "ros"}')
    assert described_file('package://p/a.stl', arm) == mesh


def test_a_python_package_is_a_package(arm):
    assert described_file('package://gym_hil/assets/panda.xml', arm).is_file()


def test_a_wheel_keeps_data_files_beside_its_modules(tmp_path, arm, monkeypatch):
    monkeypatch.setattr('sys.prefix', str(tmp_path / 'environment'))
    data = put(tmp_path / 'environment/share/openarm/arm.xml')
    assert described_file('package://openarm/arm.xml', arm) == data
    monkeypatch.syspath_prepend(str(tmp_path / 'site-packages'))
    urdf = put(tmp_path / 'site-packages/cmeel.prefix/share/robot-data/arm.urdf')
    assert described_file('package://robot-data/arm.urdf', arm) == urdf


def test_downloaded_models_are_found(tmp_path, arm, monkeypatch):
    robot = put(tmp_path / 'rd/ur_description/arm.urdf')
    monkeypatch.setenv('ROBOT_DESCRIPTIONS_CACHE', str(tmp_path / 'rd'))
    assert described_file('package://ur_description/arm.urdf', arm) == robot
    fr3 = put(tmp_path / 'm/models/franka_fr3-0123/fr3.xml')
    monkeypatch.setenv('MENAGERIE_CACHE_DIR', str(tmp_path / 'm'))
    file = ModelFile(package='mujoco_menagerie', mjcf='franka_fr3/fr3.xml')
    with pytest.raises(ResourceNotFoundError):
        model_path(file)
    put(fr3.parent / '.complete')
    assert model_path(file) == fr3


def test_paths_count_from_the_file_that_names_them(tmp_path):
    file = put(tmp_path / 'models/arm.xml')
    assert model_path(ModelFile(mjcf='models/arm.xml', folder=str(tmp_path))) == file
    assert model_path(ModelFile(mjcf=str(file), folder='/nowhere')) == file


def test_what_is_missing_is_told_with_what_helps(arm):
    with pytest.raises(ResourceNotFoundError, match='package of a robot model not found: nobody'):
        described_file('package://nobody/a.stl', arm)
    with pytest.raises(ResourceNotFoundError, match='a.xml; check the path'):
        described_file('package://gym_hil/a.xml', arm)
