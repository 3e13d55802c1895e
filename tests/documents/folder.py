"""A folder in which the documents' commands find what their reader has by then.

Robot, cell and deployment `my_arm`, a policy, calibrations, recordings, datasets: shipped, or made
by the commands themselves, only small.
"""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import shutil
import subprocess
import sys
from typing import Any

import cv2
from package_facts import ROOT
from vla_contract.deployment.deployment import load_deployment
from vla_contract.schema import load_yaml
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.scene.world import World
import yaml

_MODELS, _CALIBRATIONS = ROOT / 'models', ROOT / 'calibration_data'
_IN_HAND = _CALIBRATIONS / 'samples' / 'in_hand'
# What is shipped, by the names that pages give to a reader's own.
_SHIPPED = {
    'PATH': _MODELS / 'panda_lift_act',
    'path/to/pretrained_model': _MODELS / 'panda_lift_act',
    'runs/finetuned/pretrained_model': _MODELS / 'panda_lift_act',
    'runs/finetuned_real/pretrained_model': _MODELS / 'panda_lift_act_randomized',
    'runs/language': _MODELS / 'panda_language_act',
    'runs/nominal': _MODELS / 'panda_lift_act',
    'runs/other': _MODELS / 'panda_lift_act_randomized',
    'runs/randomised': _MODELS / 'panda_lift_act_randomized',
    'calibration_data/samples': _CALIBRATIONS / 'samples',
    'FOLDER': _IN_HAND,
    'IMAGES': _IN_HAND / 'images',
    'config': ROOT / 'config',
    **{name: ROOT / name for name in ('benchmarks', 'studies', 'tests')},
}
# What is shipped that becomes a reader's own `my_arm`.
_OWN = {'robots': 'panda_2f85', 'cells': 'panda_table', 'deployments': 'panda_lift_cube'}
# The demo runs in real time, and is recorded: beside others its filter may wait for chunks, which
# a replay then calls false stops.
_ALONE = {'runs/latest': '-m vla_contract.cli.vla demo --record --episodes 1'}
_MOST_DEMOS = 4
# What is made from what is there, by what the command makes: each group in this order, and the
# groups beside each other.
_COMMANDS: tuple[dict[str, str], ...] = (
    {
        'datasets/lift_cube': '-m vla_contract.cli.vla dataset record-sim --episodes 3 '
        '--workers 1 --output datasets/lift_cube',
        'datasets/named': '-m vla_contract.cli.vla dataset record-sim --deployment '
        'panda_lift_named_cube --episodes 2 --output datasets/named',
    },
    {
        'runs/motion.npz': '-m vla_contract.cli.vla arm excitation --duration-s 2 --output '
        'runs/motion.npz'
    },
    {
        'runs/robot0_': 'studies/identify.py --robots 1 --duration-s 2 --recordings runs',
        'identified.yaml': '-m vla_contract.cli.vla arm identify --log runs/robot0_fit.npz '
        '--output identified.yaml',
    },
    {
        'exported': '-m vla_contract.cli.vla camera export my_arm/top --output exported',
    },
    {
        'runs/my_arm/robot.yaml': '-m vla_contract.cli.vla draft robot assets/panda.xml '
        '--package gym_hil --out runs/my_arm/robot.yaml',
        'runs/my_arm/cell.yaml': '-m vla_contract.cli.vla draft cell runs/my_arm/robot.yaml --out '
        'runs/my_arm/cell.yaml',
    },
)
_MADE = {
    'runs/fit.npz': 'runs/robot0_fit.npz',
    'runs/test.npz': 'runs/robot0_held_out.npz',
    'episode.npz': 'runs/robot0_fit.npz',
    'camera_info.yaml': 'exported/camera_info.yaml',
    'DATASET': 'datasets/lift_cube',
    'datasets/nominal': 'datasets/lift_cube',
    'datasets/pseudo_real_c_50': 'datasets/lift_cube',
    'datasets/real': 'datasets/lift_cube',
    'datasets/training': 'datasets/lift_cube',
}
# Names of the recording of the demo.
_RECORDED = ('EPISODE.mcap', 'my_bag.mcap')


def make_document_folder(folder: Path, lines: Iterable[str] | None = None) -> None:
    """Fill an empty folder.

    Args:
        folder: to fill.
        lines: the commands that are to be run there, so that what none of them names is not made
            by a command; None for all of it.
    """
    for name, source in _SHIPPED.items():
        _link(folder / name, source)
    _add_own_robot(folder / 'overlay' / 'share' / 'vla_bringup')
    _add_calibrations(folder)
    _add_policies(folder)
    _see_the_arm(folder)
    _add_certificate(folder)
    page = (ROOT / 'docs' / 'backends.md').read_text()
    (folder / 'go_home.py').write_text(page.split('```python\n')[1].split('```')[0])
    alone, *groups = (
        group if lines is None else _named(group, list(lines)) for group in (_ALONE, *_COMMANDS)
    )
    for command in alone.values():
        _record_demo(command, folder)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda group: [_run(command, folder) for command in group.values()], groups))
    for name, source in _MADE.items():
        _link(folder / name, folder / source)
    for recording in sorted((folder / 'runs' / 'latest' / 'recordings').glob('*.mcap'))[:1]:
        for name in _RECORDED:
            _link(folder / name, recording.resolve())


def _record_demo(command: str, folder: Path) -> None:
    """Record the demo, once more where the recorder was kept waiting.

    What it then says of when messages came is late, and a replay of that judges the machine. After
    the last try the recording stays as it is: the lines about it fail.
    """
    for _ in range(_MOST_DEMOS):
        _run(command, folder)
        recordings = str(folder / 'runs' / 'latest' / 'recordings')
        replay = [sys.executable, '-m', 'vla_contract.cli.vla', 'filter', 'replay', recordings]
        told = subprocess.run(
            replay, cwd=folder, env=environment_of(folder), capture_output=True, check=False
        )
        if told.returncode != 1:
            return


def _named(group: dict[str, str], lines: list[str]) -> dict[str, str]:
    """Return the commands up to the last one of which a line names what it makes."""
    names = {made: [made] for made in group}
    for name, source in [*_MADE.items(), *((name, 'runs/latest') for name in _RECORDED)]:
        for made in names:
            if source.startswith(made):
                names[made].append(name)
    used = [any(name in line for line in lines for name in names[made]) for made in group]
    count = max((number for number, is_used in enumerate(used, 1) if is_used), default=0)
    return dict(list(group.items())[:count])


def environment_of(folder: Path) -> dict[str, str]:
    """Return the environment of a reader who has a robot, a cell and a policy of their own."""
    prefixes = [str(folder / 'overlay'), os.environ['AMENT_PREFIX_PATH']]
    paths = [str(folder), os.environ.get('PYTHONPATH', '')]
    return {
        **os.environ,
        'VLA_WORKSPACE': str(folder),
        # Several run side by side.
        'OMP_NUM_THREADS': '1',
        'AMENT_PREFIX_PATH': os.pathsep.join(prefixes),
        'PYTHONPATH': os.pathsep.join(paths),
    }


def copy_document_folder(source: Path, target: Path, without: Collection[str]) -> None:
    """Copy what `make_document_folder` made, but for what a command is about to make itself."""
    shutil.copytree(source, target, symlinks=True, copy_function=os.link, dirs_exist_ok=True)
    for name in without:
        path = target / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _add_own_robot(share: Path) -> None:
    for kind, shipped in _OWN.items():
        own = load_yaml(ROOT / 'config' / kind / f'{shipped}.yaml') | {'name': 'my_arm'}
        if kind == 'cells':
            own['robots'] = [{'robot': 'my_arm'}]
        if kind == 'deployments':
            own |= {'cell': 'my_arm', 'policy': 'my_policy'}
        _write_yaml(share / 'config' / kind / 'my_arm.yaml', own)
    _link(share / 'models' / 'my_policy', _MODELS / 'panda_lift_act')


def _add_calibrations(folder: Path) -> None:
    own = load_yaml(_CALIBRATIONS / 'panda_table' / 'top' / 'calibration.yaml')
    _write_yaml(folder / 'calibration_data/my_arm/top/calibration.yaml', own | {'cell': 'my_arm'})
    # What `vla camera hand-eye` adds the pose to.
    lens = load_yaml(_IN_HAND / 'calibration.yaml')
    del lens['extrinsics']
    _write_yaml(folder / 'calibration_data/my_arm/wrist/calibration.yaml', lens)


def _add_policies(folder: Path) -> None:
    """Copy the policies that `vla rollout learn-thresholds` is to learn from."""
    unlearned = shutil.ignore_patterns('healthy.json')
    models = folder / 'overlay' / 'share' / 'vla_bringup' / 'models'
    shutil.copytree(_MODELS / 'panda_lift_act', folder / 'runs' / 'act', ignore=unlearned)
    shutil.copytree(_MODELS / 'panda_lift_act_randomized', models / 'panda_lift_act_randomized')


def _add_certificate(folder: Path) -> None:
    (folder / 'worker.token').write_text('a token of the tests, long enough to be one\n')
    command = 'openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost'
    command += ' -keyout key.pem -out cert.pem'
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


def _see_the_arm(folder: Path) -> None:
    """Take an image of the standing arm, with its joints."""
    world = World(load_deployment('panda_lift_cube'))
    world.reset(0)
    renderer = CameraRenderer(world)
    image = renderer.render(world.data.qpos)['top']
    renderer.close()
    cv2.imwrite(str(folder / 'now.png'), image[..., ::-1])
    joints = zip(world.cell.joint_names, world.joint_sample().position.tolist(), strict=True)
    _write_yaml(folder / 'joints.yaml', dict(joints))


def _run(command: str, folder: Path) -> None:
    words, environment = [sys.executable, *command.split()], environment_of(folder)
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f'{command}: {done.stdout}{done.stderr}'


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
