"""Every manifest names what its package imports and starts, and nothing else."""

import ast
from functools import cache
import json
from pathlib import Path
import re
import sys
from xml.etree import ElementTree

from catkin_pkg.package import parse_package
import pytest
from vla_contract.schema import load_yaml

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in ROOT.glob('src/*/package.xml'))
OURS = {path.name for path in PACKAGES}
# Modules that Ubuntu 24.04 has as packages, by their rosdep keys. What has no key here comes from
# requirements.txt alone; so do pinocchio and coal, whose ROS packages are built against numpy 1.
APT = {
    'argcomplete': 'python3-argcomplete',
    'cv2': 'python3-opencv',
    'hypothesis': 'python3-hypothesis',
    'matplotlib': 'python3-matplotlib',
    'msgpack': 'python3-msgpack',
    'numpy': 'python3-numpy',
    'PIL': 'python3-pil',
    'pytest': 'python3-pytest',
    'scipy': 'python3-scipy',
    'tqdm': 'python3-tqdm',
    'websockets': 'python3-websockets',
    'yaml': 'python3-yaml',
    'zmq': 'python3-zmq',
}
# Modules whose distribution on PyPI has another name.
DISTRIBUTIONS = {'OpenGL': 'pyopengl', 'mcap_ros2': 'mcap-ros2-support', 'pinocchio': 'pin',
                 'rerun': 'rerun-sdk'}  # fmt: skip
ROS = {'ament_index_python', 'builtin_interfaces', 'launch', 'launch_ros', 'launch_testing'}
# Used where they are there: the camera driver or Gazebo of a deployment, a faster conversion.
OPTIONAL = {
    'cv_bridge',
    # Found by name where it is installed; it depends on all the others.
    'vla_bringup',
    'forward_command_controller',
    'joint_trajectory_controller',
    'realsense2_camera',
    'ros_gz_bridge',
    'ros_gz_sim',
    'usb_cam',
}


def is_ros(module: str) -> bool:
    return module in ROS or module == 'rclpy' or module.endswith(('_msgs', '_srvs', '_interfaces'))


def sources(package: Path) -> tuple[list[Path], list[Path]]:
    """Return the files that a package needs others for: those that run, and those that test."""
    code = ROOT / 'launch' if package.name == 'vla_bringup' else package / package.name
    test = [*(package / 'test').rglob('*.py'), *code.rglob('testing.py')]
    return [path for path in code.rglob('*.py') if path not in test], test


@cache
def imports(path: Path) -> frozenset[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split('.')[0])
    return frozenset(names)


def started(path: Path) -> list[str]:
    """Return the packages whose nodes or files a launch file names."""
    return re.findall(r"(?:package=|FindPackageShare\(|\bnode\()'(\w+)'", path.read_text())


def own_modules(package: Path) -> set[str]:
    """Return the names that a package's own files and folders are imported by."""
    return {package.name} | {path.stem for path in (package / 'test').rglob('*.py')}


def modules(package: Path, files: list[Path]) -> set[str]:
    """Return the modules of others that files import."""
    own = {package.name} | {path.stem for path in (package / 'test').rglob('*.py')}
    return {name for path in files for name in imports(path)} - sys.stdlib_module_names - own


def keys(package: Path, files: list[Path]) -> set[str]:
    """Return the rosdep keys that files need."""
    imported = modules(package, files)
    named = {APT.get(name, name) for name in imported if name in APT or is_ros(name)}
    return named | (imported & OURS)


def required_distributions() -> set[str]:
    lines = [
        line
        for name in ('requirements', 'requirements-dev', 'requirements-assets', 'constraints')
        for line in (ROOT / f'{name}.txt').read_text().splitlines()
    ]
    names = (re.match(r'[\w.-]+', line) for line in lines)
    return {name.group().lower().replace('_', '-') for name in names if name}


@pytest.mark.parametrize('package', PACKAGES, ids=lambda path: path.name)
def test_manifest_is_format_3_and_valid_for_the_build_tools(package):
    root = ElementTree.parse(package / 'package.xml').getroot()
    assert root.get('format') == '3'
    manifest = parse_package(str(package / 'package.xml'))
    assert manifest.get_build_type() == 'ament_python'
    assert manifest.name == package.name
    setup = (package / 'setup.py').read_text()
    assert f"description='{manifest.description}'" in setup, 'setup.py says something else'
    assert f"version='{manifest.version}'" in setup


@pytest.mark.parametrize('package', PACKAGES, ids=lambda path: path.name)
def test_manifest_names_what_the_package_imports_and_starts_and_nothing_else(package):
    manifest = parse_package(str(package / 'package.xml'))
    code, test = sources(package)
    launched = {name for path in code for name in started(path)}
    run = (keys(package, code) | launched) - OPTIONAL - {package.name}
    assert {d.name for d in manifest.exec_depends} == run
    assert {d.name for d in manifest.test_depends} == keys(package, test) - OPTIONAL - run


@pytest.mark.parametrize('package', PACKAGES, ids=lambda path: path.name)
def test_what_has_no_rosdep_key_is_in_the_requirements(package):
    required = required_distributions()
    code, test = sources(package)
    for name in modules(package, code + test) - OURS - OPTIONAL - APT.keys():
        if not is_ros(name):
            distribution = DISTRIBUTIONS.get(name, name.replace('_', '-'))
            assert distribution.lower() in required, f'{name} is required nowhere'


def test_colcon_meta_adds_only_what_the_manifests_cannot_say():
    meta = json.loads((ROOT / 'colcon.meta').read_text())['names']
    assert set(meta) <= OURS
    for name, extra in meta.items():
        manifest = parse_package(str(ROOT / 'src' / name / 'package.xml'))
        said = {d.name for d in manifest.exec_depends + manifest.test_depends}
        for dependencies in extra.values():
            assert set(dependencies) <= OURS - said


def test_source_dependencies_are_repositories_at_a_named_version():
    repositories = load_yaml(ROOT / 'vla_deploy.repos')['repositories']
    assert repositories
    for name, repository in repositories.items():
        assert repository['type'] == 'git', name
        assert re.fullmatch(r'https://github\.com/[\w.-]+/[\w.-]+\.git', repository['url']), name
        assert repository['version'], name
