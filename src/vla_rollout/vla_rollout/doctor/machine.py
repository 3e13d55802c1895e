"""Checks of the machine: each says what was found, what it must be, and the command that helps."""

from collections.abc import Iterator
import errno
from importlib import metadata
from importlib.util import find_spec
import os
from pathlib import Path
import platform
import resource
import shutil
import socket
import sys

from vla_contract.check import Check, measured, Status
from vla_contract.errors import VlaError
from vla_contract.share import model_names, shared_roots

_SETUP = 'make setup'
_PYTHON = (3, 12)
# Modules and the packages that bring them. Without the first nothing runs; the second serve single
# backends and commands.
_NEEDED = {
    'lerobot': 'lerobot',
    'torch': 'torch',
    'mujoco': 'mujoco',
    'numpy': 'numpy',
    'cv2': 'opencv-python-headless',
    'pinocchio': 'pin',
    'mcap': 'mcap',
    'mcap_ros2': 'mcap-ros2-support',
}
_OPTIONAL = {
    'bitsandbytes': 'bitsandbytes',
    'onnxruntime': 'onnxruntime',
    'openvino': 'openvino',
    'ray': 'ray',
    'tensorrt': 'tensorrt',
    'openpi_client': 'openpi-client',
}
_SHARED_MEMORY = Path('/dev/shm')
# Nodes and recorder of a rollout with one camera.
_SHARED_MEMORY_MB = 512.0
# Two raw cameras at 30 Hz fill 3.3 GB a minute.
_DISK_GB = 20.0
_LEAST_FILES = 1024


def check_machine(port: int, runs: Path) -> Iterator[Check]:
    """Yield every check, the quick ones first.

    Args:
        port: of the live page.
        runs: folder of the runs.
    """
    yield check_python()
    yield check_workspace()
    yield from check_packages()
    yield check_dds_profile()
    yield check_shared_memory(_SHARED_MEMORY)
    yield check_port(port)
    yield check_disk(runs)
    yield from check_limits()
    yield check_gpu()
    yield check_ros2()
    yield check_rendering()


def check_python() -> Check:
    """Say which Python runs."""
    wanted = '.'.join(map(str, _PYTHON))
    found = f'{platform.python_version()}, {sys.executable}'
    return measured('Python', sys.version_info[:2] >= _PYTHON, found, f'{wanted} or newer', _SETUP)


def check_workspace() -> Check:
    """Say whether the workspace is built and sourced, and has its checkpoints."""
    name, allowed, fix = 'workspace', 'built and sourced', f'{_SETUP}; . ./env.sh'
    roots = shared_roots()
    if not roots:
        return measured(name, False, 'no share folder of vla_bringup', allowed, fix)
    found = f'{roots[0]}, checkpoints {", ".join(model_names()) or "none"}'
    return measured(name, bool(model_names()), found, allowed, fix)


def check_packages() -> Iterator[Check]:
    """Say which versions are installed; optional packages are a remark."""
    for name, packages, status in (
        ('packages', _NEEDED, Status.FAIL),
        ('optional packages', _OPTIONAL, Status.WARN),
    ):
        versions = {package: _version(module, package) for module, package in packages.items()}
        missing = [package for package, version in versions.items() if version == 'missing']
        found = ', '.join(f'{package} {version}' for package, version in versions.items())
        fix = f'pip install {" ".join(missing)}' if status is Status.WARN else _SETUP
        yield Check(name, status if missing else Status.OK, found, 'installed', fix)


def check_dds_profile() -> Check:
    """Say whether Fast DDS has shared memory for images, which its default has not."""
    name, allowed = 'DDS profile', 'config/dds/fastdds.xml'
    path = os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE', '')
    if path and Path(path).is_file():
        return measured(name, True, path, allowed, '')
    status = Status.FAIL if path else Status.WARN
    found = f'{path} is not there' if path else 'FASTRTPS_DEFAULT_PROFILES_FILE is not set'
    return Check(name, status, found, allowed, '. ./env.sh; images are lost without it')


def check_shared_memory(folder: Path) -> Check:
    """Say whether DDS has room, and what killed processes have left in it."""
    name, allowed = 'shared memory', f'>= {_SHARED_MEMORY_MB:g} MB free'
    if not folder.is_dir():
        return measured(name, False, f'{folder} is not there', allowed, 'docker run --shm-size=2g')
    free_mb = shutil.disk_usage(folder).free / 1e6
    segments = len(list(folder.glob('fastrtps_*'))) + len(list(folder.glob('fastdds_*')))
    found = f'{free_mb:.0f} MB free, {segments} segments of Fast DDS'
    fix = 'fastdds shm clean frees what killed nodes left; in a container: --shm-size=2g'
    return measured(name, free_mb >= _SHARED_MEMORY_MB, found, allowed, fix)


def check_port(port: int) -> Check:
    """Say whether the live page has its port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError as error:
            found = 'taken' if error.errno == errno.EADDRINUSE else str(error)
            return Check(f'port {port}', Status.WARN, found, 'free', 'another one: --web PORT')
    return measured(f'port {port}', True, 'free', 'free', '')


def check_disk(folder: Path) -> Check:
    """Say whether recordings have room."""
    free_gb = shutil.disk_usage(folder if folder.exists() else Path()).free / 1e9
    return measured(
        'disk space for recordings',
        free_gb >= _DISK_GB,
        f'{free_gb:.0f} GB free',
        f'>= {_DISK_GB:g} GB',
        'free some, or record to another disk',
    )


def check_limits() -> Iterator[Check]:
    """Say what the system lets this user do; only a robot needs real-time priority."""
    priority = resource.getrlimit(resource.RLIMIT_RTPRIO)[0]
    is_allowed = priority == resource.RLIM_INFINITY or priority >= 1 or os.geteuid() == 0
    yield Check(
        'real-time priority',
        Status.OK if is_allowed else Status.WARN,
        'allowed' if is_allowed else f'ulimit -r is {priority}',
        'allowed on a robot',
        "'USER - rtprio 99' in /etc/security/limits.conf, and log in again",
    )
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    yield measured(
        'open files', files >= _LEAST_FILES, str(files), f'>= {_LEAST_FILES}', 'ulimit -n 4096'
    )


def check_gpu() -> Check:
    """Say whether there is an NVIDIA GPU; without one policies are computed on the CPU."""
    names = [path.read_text() for path in Path('/proc/driver/nvidia/gpus').glob('*/information')]
    models = [line.split(':', 1)[1].strip() for text in names for line in text.splitlines()
              if line.startswith('Model')]  # fmt: skip
    return Check(
        'GPU',
        Status.OK if models else Status.WARN,
        ', '.join(models) or 'none',
        'one for large policies',
        'small policies run on the CPU; others by a worker elsewhere (docs/remote.md)',
    )


def check_ros2() -> Check:
    """Say whether there is a ROS installation with launch files, rviz and the ros2 command."""
    found = shutil.which('ros2') or ''
    return Check(
        'ros2',
        Status.OK if found else Status.WARN,
        found or 'not on PATH: vla starts nodes, ros2 launch and rviz are not there',
        'on PATH on a robot',
        'docs/installing.md',
    )


def check_rendering() -> Check:
    """Say whether MuJoCo can draw."""
    name, allowed = 'rendering', 'an OpenGL context'
    backend = os.environ.get('MUJOCO_GL', 'not set')
    try:
        import mujoco
        from vla_sim_bridge.cameras.renderer import open_renderer

        model = mujoco.MjModel.from_xml_string('<mujoco/>')
        open_renderer(model, (64, 48)).close()
    except VlaError as error:
        return measured(name, False, str(error), allowed, 'see what was found')
    return measured(name, True, f'MUJOCO_GL={backend}, {mujoco.__version__}', allowed, '')


def _version(module: str, package: str) -> str:
    """Return the version of what can be imported; apt's OpenCV has no metadata of this name."""
    if find_spec(module) is None:
        return 'missing'
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return '(version unknown)'
