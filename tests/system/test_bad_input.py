"""Wrong input gets one clear sentence and a non-zero status; nothing moves, nothing is left."""

from pathlib import Path
import shutil
import subprocess
import sys

import pytest
from support.own_files import own_deployment, text_of

DEMO, SIMULATE = 'vla_rollout.graph.ros.demo', 'vla_rollout.simulation.simulate'
ROOT = Path(__file__).parents[2]


def the_error(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith('error: ')]
    assert len(lines) == 1, output
    assert 'Traceback' not in output
    return lines[0]


@pytest.mark.parametrize('module', [DEMO, SIMULATE])
def test_a_wrong_checkpoint_folder(start, module, tmp_path):
    command = start(module, '--policy', './nowhere')
    assert command.finish(120) == 2
    error = the_error(command.output)
    assert "checkpoint './nowhere' not found: neither a name under models/" in error
    assert 'episode 1' not in command.output


def test_a_folder_that_is_no_checkpoint(start, tmp_path):
    (tmp_path / 'empty').mkdir()
    command = start(SIMULATE, '--policy', './empty')
    assert command.finish(120) == 2
    assert 'it has no config.json' in the_error(command.output)
    assert not (tmp_path / 'runs').exists()


def test_a_policy_whose_camera_the_cell_lacks(start, tmp_path):
    cell = text_of('cell')
    cameras = cell[cell.index('cameras:') : cell.index('workspace:')]
    own = own_deployment(tmp_path, cell=(cameras, 'cameras: []\n'))
    command = start(DEMO, '--deployment', own, '--backend', 'hold')
    assert command.finish(120) == 2
    assert "camera 'top' is not in cell panda_table" in the_error(command.output)


def test_joints_in_another_order_are_mapped_by_name(start, tmp_path):
    first, second = text_of('robot').split('  - {name: panda_joint1')[1].split('  - {name: ')[:2]
    joints = f'  - {{name: panda_joint1{first}  - {{name: {second}'
    swapped = f'  - {{name: {second}  - {{name: panda_joint1{first}'
    own = own_deployment(tmp_path, robot=(joints, swapped))
    command = start(SIMULATE, '--deployment', own, '--episodes', '2', '--workers', '1')
    assert command.finish(240) == 0
    assert 'success 2/2' in command.output


@pytest.mark.parametrize('module', [DEMO, SIMULATE])
def test_joints_of_another_robot(start, tmp_path, module):
    own = own_deployment(tmp_path, robot=('panda_joint2', 'other_joint2'))
    command = start(module, '--deployment', own)
    assert command.finish(120) == 2
    assert 'other_joint2' in the_error(command.output)


@pytest.mark.parametrize('module', [DEMO, SIMULATE])
def test_corrupt_yaml(start, tmp_path, module):
    own = own_deployment(tmp_path, robot=('joints:\n', 'joints: [\n'))
    command = start(module, '--deployment', own)
    assert command.finish(120) == 2
    error = the_error(command.output)
    assert 'robot.yaml is not valid YAML at line' in error


def test_an_unknown_parameter_value_names_its_range(start):
    command = start(SIMULATE, '--episodes', '0')
    assert command.finish(120) == 2
    assert 'found 0; allowed: a whole number from 1 to 100000' in command.output


def test_a_viewer_without_a_display(start):
    command = start(DEMO, '--viewer', '--backend', 'hold', DISPLAY='', WAYLAND_DISPLAY='')
    assert command.finish(120) == 2
    assert 'neither DISPLAY nor WAYLAND_DISPLAY is set' in the_error(command.output)


def in_namespace(script: str, cwd: Path, timeout_s: float = 120.0):
    """Run a shell script in a mount namespace of its own."""
    probe = subprocess.run(['unshare', '-rm', 'true'], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip('this machine allows no mount namespaces')
    return subprocess.run(
        ['unshare', '-rm', 'bash', '-ec', script],
        cwd=cwd, capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


HIDE_EGL = 'for lib in /usr/lib/*/libEGL*.so*; do mount --bind /dev/null "$lib"; done\n'


def test_limits_and_kinematics_need_no_egl_library(tmp_path):
    code = (
        'from vla_contract.deployment.cell import load_cell; '
        'from vla_action_filter.action_filter import ActionFilter; '
        'from vla_action_filter.config import FilterConfig; '
        'import os; ActionFilter(load_cell("panda_table"), FilterConfig()); '
        'print("filter with", os.environ["MUJOCO_GL"])'
    )
    result = in_namespace(f"{HIDE_EGL}MUJOCO_GL=egl python -c '{code}'", tmp_path)
    assert result.stdout == 'filter with egl\n', result.stdout + result.stderr


def test_no_egl_library(tmp_path):
    result = in_namespace(
        HIDE_EGL + f'python -m {DEMO} --backend hold --episodes 1',
        tmp_path,
    )
    assert result.returncode == 2, result.stdout + result.stderr
    error = the_error(result.stdout + result.stderr)
    assert 'cannot make an OpenGL context with MUJOCO_GL=egl' in error
    assert 'install libegl1 and libgl1-mesa-dri' in error


def test_a_full_disk(tmp_path):
    (tmp_path / 'runs').mkdir()
    result = in_namespace(
        'mount -t tmpfs -o size=4k tmpfs runs\n'
        f'python -m {SIMULATE} --backend hold --episodes 4 --workers 1',
        tmp_path,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    error = the_error(result.stdout + result.stderr)
    assert 'No space left on device' in error


def test_a_full_disk_during_the_demo(tmp_path):
    (tmp_path / 'runs').mkdir()
    result = in_namespace(
        f'mount -t tmpfs -o size=64k tmpfs runs\npython -m {DEMO} --policy scripted --episodes 3',
        tmp_path,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    assert 'No space left on device' in the_error(result.stdout + result.stderr)


@pytest.fixture
def workspace(tmp_path) -> Path:
    """Return a copy of what setup needs, without an environment."""
    for name in ('tools', 'constraints.txt'):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    for path in ROOT.glob('requirements*.txt'):
        shutil.copy(path, tmp_path)
    return tmp_path


def setup(workspace: Path, **environment: str):
    return subprocess.run(
        ['tools/setup.sh'], cwd=workspace, capture_output=True, text=True, timeout=300,
        env={'PATH': '/usr/bin:/bin', 'HOME': str(workspace), **environment}, check=False,
    )  # fmt: skip


def test_no_python_3_12(workspace):
    bare = workspace / 'bin'
    bare.mkdir()
    for tool in ('bash', 'env', 'dirname', 'cat', 'sha256sum', 'cut', 'tail', 'awk', 'df', 'sed'):
        (bare / tool).symlink_to(shutil.which(tool, path='/usr/bin:/bin'))
    result = setup(workspace, PATH=str(bare))
    assert result.returncode == 2, result.stderr
    assert 'no Python 3.12 found, neither on PATH nor under pyenv' in the_error(result.stderr)
    assert not (workspace / '.venv').exists()


def test_a_disk_too_full_for_the_environment(workspace):
    script = (
        'mkdir small && mount -t tmpfs -o size=64m tmpfs small\n'
        'cp -r tools *.txt small && cd small && tools/setup.sh'
    )
    result = in_namespace(script, workspace)
    assert result.returncode == 2, result.stdout + result.stderr
    assert 'the environment needs 8 GB' in the_error(result.stderr)


def test_no_network(workspace):
    bare = workspace / 'bin'
    bare.mkdir()
    (bare / 'python3.12').symlink_to(sys.executable)
    result = setup(
        workspace, PATH=f'{bare}:/usr/bin:/bin', PIP_INDEX_URL='http://127.0.0.1:9/simple',
        PIP_RETRIES='0', PIP_NO_CACHE_DIR='1', PIP_CONFIG_FILE='/dev/null',
    )  # fmt: skip
    assert result.returncode == 2, result.stdout + result.stderr
    assert 'cannot reach the Python package index' in the_error(result.stderr)
