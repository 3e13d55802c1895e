"""Turn a documented command into one that can be run here: as it stands, only smaller.

A reader's own things (`my_arm`, `path/to/pretrained_model`) are there: folder.py makes them.
Counts become small and the GPU a CPU.
"""

from collections.abc import Iterable
from itertools import pairwise
import re

from documents.shell_blocks import simple_commands
from package_facts import commands, PACKAGES

# What no test runs as a page has it, by how it begins, and what it needs. The longest counts.
NEEDS = {
    '. /opt/ros': 'ROS 2',
    'docker': 'Docker',
    'make ': 'a workspace, not a folder beside it; .ci/run has one',
    'make bench': 'minutes',
    'make model': 'a training',
    'make samples': 'the network; test_fetch_opencv_samples stands in for it',
    'pip install': 'an environment of its own',
    'python -m colcon': 'a workspace, not a folder beside it; make setup runs it',
    'vla camera hand-eye LEFT': ('two cameras; test_multi_camera has them'),
    'lerobot-eval': 'minutes; test_environment runs it',
    'lerobot-record': 'a leader arm and a graph; test_lerobot_robot has both',
    'lerobot-replay': 'a running graph; test_lerobot_robot has one',
    'lerobot-rollout': 'a running graph; test_lerobot_robot has one',
    'lerobot-teleoperate': 'a leader arm and a graph; test_lerobot_robot has both',
    'python -m pytest': 'the workspace itself; make test runs all of them',
    'python -m vla_lerobot.drivers.simulated.so101': 'runs until Ctrl-C; the tests of it start it',
    'python -m vla_sim_bridge.ros.mujoco_bridge': 'runs until Ctrl-C; test_lerobot_robot has it',
    'python -m vla_action_filter.ros.action_filter_node': 'runs until Ctrl-C; '
    'test_lerobot_robot has it',
    'vla arm excite': ('a moving robot; test_excite_joints has one'),
    'python -m vla_calibration.verify.ros.verify_node': 'a camera; test_verified_rollout has one',
    'vla policy benchmark openvla': 'a GPU',
    'vla policy benchmark smolvla': 'minutes, and 5 GB of graphs',
    'python benchmarks/flow.py': 'minutes, and 5 GB of graphs',
    'vla policy serve --ray': 'Ray',
    'vla dataset convert runs/latest/recordings': 'demonstrations; test_teleop records some',
    'vla demo --viewer': 'a display',
    'vla teleop run': ('runs until Ctrl-C; test_teleop starts it'),
    'python benchmarks/endurance/soak_recorder.py': 'minutes, each an episode',
    'ros2 launch': 'ROS 2; the container of the workflow starts them',
    'ros2 lifecycle': 'ROS 2 and a running graph',
    'ros2 node': 'ROS 2 and a running graph',
    'ros2 run vla_calibration capture': 'a camera; test_capture_session has one',
    'vla up': 'runs until Ctrl-C; test_up starts it',
    'vla call': 'a running graph; test_up has one',
    'vla topic': 'a running graph; test_up has one',
    'vla view runs/latest --episode 1 --rerun': 'Rerun; test_rerun_file has it',
    'vla rollout preflight': 'a robot; test_real_robot has a fake one',
    'vla rollout run': 'a running graph; test_rollout has one',
    'ros2 run vla_teleop': 'ROS 2; test_teleop has its terminal',
    'ros2 service': 'ROS 2 and a running graph',
    'ros2 topic': 'ROS 2 and a running graph',
    'rosdep': 'ROS 2',
    'ssh': 'another machine',
    'sudo apt-get': 'a machine of its own',
    'vcs': 'GitHub',
}
# Numbers and devices, where a command names them.
_SMALLER = {
    '--batch': '2',
    '--device': 'cpu',
    '--duration-s': '2',
    '--episodes': '1',
    '--ground-steps': '2',
    '--methods': 'fp32',
    '--most-frames': '60',
    '--robots': '1',
    '--steps': '2',
    '--validate-every': '1',
    '--views': '14',
    '--workers': '1',
}
# Options of one command, instead of its own or of its defaults.
_OPTIONS = {
    'camera verify': '--silhouette simulated',
    'train finetune': '--batch 2 --steps 2 --validate-every 1',
    'train act': '--batch 2 --steps 2',
    'arm tune': '--iterations 1 --samples 4',
    'policy benchmark': '--repeats 2',
    'check instruction': '--episodes 1',
    'rollout learn-thresholds': '--episodes 12 --false-alarm-rate 0.9 --workers 1',
    'demo': '--episodes 1',
    'sim run': '--episodes 1 --workers 1',
    'dataset record-sim': '--episodes 1 --workers 1',
    'benchmarks/hand_eye.py': '--trials 2',
    'benchmarks/policy_server.py': '--seconds 1',
    'benchmarks/remote.py': '--inferences 2',
    'benchmarks/rendered_hand_eye.py': '--runs 1 --pool 24',
    'benchmarks/e_stop_latency.py': '--presses 5 --kills 1',
    'tests/fuzz/filter.py': '--cycles 1000 --workers 1',
    'benchmarks/endurance/kill_server.py': '--times 1',
    'benchmarks/endurance/soak.py': '--minutes 0.4 --warm-up 0.05 --anew 1 --anew-minutes 0.2',
    'studies/faults.py': '--episodes 1 --healthy 1',
}
# Options whose values are names of a reader's own.
_OWN = ('dataset', 'json', 'output', 'plot', 'policy', 'real', 'report', 'sim')
_PLACEHOLDERS = {
    '$run': 'finetuned_real',
    'CELL/CAMERA': 'my_arm/top',
    '--camera my_arm/wrist': '--camera my_arm/top',
    'camera export my_arm/wrist': 'camera export my_arm/top',
}
_NAMES = [name for package in PACKAGES for name in commands(package)]


def needs(line: str) -> str:
    """Return what a line needs that is not here, '' if it can be run."""
    for words in simple_commands(line):
        text = ' '.join(words)
        begins = [begin for begin in NEEDS if f'{text} '.startswith(begin)]
        if begins:
            return NEEDS[max(begins, key=len)]
    return ''


def is_mention(line: str) -> bool:
    """Whether a line only names a command, or is a piece of a loop around commands."""
    words = line.split()
    is_name = re.fullmatch(r'ros2 \w+|python -m [\w.]+', line) or line[4:] in _NAMES
    return bool(is_name) or words[0] in ('for', 'done')


def rehearsed(line: str) -> str:
    """Return what stands for a line: small numbers, no GPU."""
    if '\n' not in line:
        line = ' '.join(line.split(' #')[0].split())
    for name, value in _PLACEHOLDERS.items():
        line = line.replace(name, value)
    for option, value in _SMALLER.items():
        line = _with(line, option, value, is_added=False)
    command = re.match(rf'python (?:-m )?(\S+)|vla ({"|".join(_NAMES)})', line)
    options = _OPTIONS.get(command[1] or command[2], '').split() if command else []
    for option, value in pairwise(options):
        if option.startswith('--'):
            line = _with(line, option, value)
    return line


def differing(lines: Iterable[str]) -> list[str]:
    """Return the first of those lines that differ in a reader's own names only."""
    found: dict[str, str] = {}
    for line in sorted(lines):
        shape = re.sub(rf'(?<= --)({"|".join(_OWN)}) \S+', r'\1', line)
        found.setdefault(' '.join(sorted(shape.split())), line)
    return list(found.values())


def makes(line: str) -> list[str]:
    """Return the files and folders that a line makes, and that must not be there before."""
    made = re.findall(r'--(?:output|report|plot|json) (\S+)', line)
    if 'camera intrinsics' in line or 'camera import' in line:
        made.append('calibration_data/my_arm/top/calibration.yaml')
    return made


def _with(line: str, option: str, value: str, is_added: bool = True) -> str:
    line, found = re.subn(rf'(?<= {option} )[^\s-]\S*', value, line)
    return line if found or not is_added else f'{line} {option} {value}'
