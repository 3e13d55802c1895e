"""A robot, backend, detector, randomised quantity, checklist item, command, task of somebody else.

A task is a folder; each of the others is a row of a pyproject.toml and a name in a module; nothing
of this workspace changes.
"""

import json
import os
from pathlib import Path
import subprocess
import sys

from package_facts import ROOT
import pytest
from support.own_files import own_deployment
import yaml

PROJECT = """
[project]
name = "my-parts"
version = "1.0"

[project.entry-points]
vla_backends = {nod = "my_parts:nod"}
vla_terms = {cube_tint = "my_parts:CUBE_TINT"}
vla_detectors = {bored = "my_parts:bored"}
vla_preflight_items = {coffee = "my_parts:coffee"}
vla_commands = {"arm.greet" = "my_parts:greet"}

[tool.setuptools]
py-modules = ["my_parts"]
"""
MODULE = '''
"""Wave to the arm."""

import numpy as np
from vla_contract.check import measured
from vla_contract.values import ActionChunk, to_ns
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.cause import Cause, Mode
from vla_sim_bridge.randomization.term import Term


class Nod:
    needs_images, needs_extras = False, ()

    def infer(self, observation):
        positions = np.tile(observation.state, (8, 1))
        positions[:, 3] += np.linspace(0.0, 0.1, 8)
        return ActionChunk(observation.stamp_ns, to_ns(0.1), positions)

    def reset(self):
        pass


def nod(deployment, device):
    return Nod()


def _tint(stage, values):
    stage.model.geom_rgba[stage.object_geoms, 0] = values[0]


CUBE_TINT = Term('cube_tint', '', 'set', _tint, 'red of the cube')


class Bored(Detector):
    cause = Cause('bored', Mode.FROZEN, 'nothing happens', ('a dull policy',), 'another policy')
    unit, floor = 's', 1.0

    def restart(self):
        pass

    def see_cycle(self, cycle):
        return 0.0


def bored(cell, postures):
    return Bored()


def coffee(cell):
    yield measured('coffee', True, f'a cup beside {cell.name}', 'hot', 'make some')


def greet(argv=None):
    print('hello', *argv)
    return 0
'''


@pytest.fixture(scope='module')
def environment(tmp_path_factory) -> dict[str, str]:
    """Install the two files as a package, in a folder of its own."""
    source, target = tmp_path_factory.mktemp('source'), tmp_path_factory.mktemp('target')
    (source / 'pyproject.toml').write_text(PROJECT)
    (source / 'my_parts.py').write_text(MODULE)
    pip = [sys.executable, '-m', 'pip', 'install', '-q', '--no-index', '--no-deps']
    pip += ['--no-build-isolation', '--target', str(target), str(source)]
    subprocess.run(pip, check=True)
    path = f'{target}{os.pathsep}{os.environ.get("PYTHONPATH", "")}'
    return {**os.environ, 'PYTHONPATH': path}


def call_vla(environment, folder, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, '-m', 'vla_contract.cli.vla', *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def vla(environment, tmp_path):
    """Run a command in an empty folder with the parts installed; return what it printed."""

    def run(*words: str) -> str:
        command = [sys.executable, '-m', 'vla_contract.cli.vla', *words]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def cell(tmp_path) -> Path:
    """Returns the cell of a new robot: two files, the robot and where it stands."""
    own_deployment(tmp_path, robot=('name: panda_2f85', 'name: my_arm'))
    for name in ('task', 'deployment'):
        (tmp_path / f'{name}.yaml').unlink()
    return tmp_path / 'cell.yaml'


def test_a_robot_a_backend_and_a_randomised_quantity(vla, cell, tmp_path):
    (tmp_path / 'red.yaml').write_text('terms:\n  cube_tint: {range: [0.25, 0.25]}\n')
    words = ['--cell', str(cell), '--policy', 'hold', '--backend', 'nod', '--episodes', '1']
    vla('sim', 'run', *words, '--randomization', str(tmp_path / 'red.yaml'))
    summary = json.loads((tmp_path / 'runs' / 'latest' / 'summary.json').read_text())
    (result,) = summary['results']
    assert result['chunks'] > 1
    assert summary['settings']['robot'] == 'my_arm'
    assert result['manifest']['randomization']['values']['cube_tint']['value'] == 0.25


def test_an_item_of_the_checklist(environment, tmp_path):
    words = ['rollout', 'preflight', '--without-robot', '--backend', 'hold', '--json', 'p.json']
    call_vla(environment, tmp_path, *words)
    items = json.loads((tmp_path / 'p.json').read_text())['items']
    (coffee,) = [item for item in items if item['name'] == 'coffee']
    assert (coffee['status'], coffee['found']) == ('ok', 'a cup beside panda_table')


def test_a_detector(environment):
    script = (
        'import numpy as np;'
        'from vla_contract.deployment.cell import load_cell;'
        'from vla_rollout.diagnosis.healthy import HighestScores;'
        "scores = HighestScores(load_cell('panda_table'), np.empty((0, 7)));"
        'print([detector.cause.name for detector in scores._detectors])'
    )
    done = subprocess.run(
        [sys.executable, '-c', script], env=environment, capture_output=True, text=True
    )
    assert "'bored'" in done.stdout, done.stderr


def test_a_command(vla):
    assert vla('arm', 'greet', 'Panda') == 'hello Panda\n'
    assert 'arm greet' in vla()


WEDGE_MM = """
v -30 -20 0\nv 30 -20 0\nv 30 20 0\nv -30 20 0\nv -30 -20 30\nv 10 -20 30\nv 10 20 30
v -30 20 30\nf 1 3 2\nf 1 4 3\nf 5 6 7\nf 5 7 8\nf 1 2 6\nf 1 6 5\nf 2 3 7\nf 2 7 6
f 3 4 8\nf 3 8 7\nf 4 1 5\nf 4 5 8
"""
OWN_GOAL = '''
"""A goal of the task's own."""


class Beside:
    """An object is so far to one side."""

    def __init__(self, object, y_m):
        self._object, self._y_m = object, y_m

    def begin(self, task, data):
        self._body = task.objects[self._object].body

    def holds(self, qpos, data):
        return float(data.xpos[self._body][1]) > self._y_m
'''


def write_own_task(folder: Path, **goal: dict) -> None:
    """Write the task of docs/tasks.md, with one more condition, and a deployment beside it."""
    page = (ROOT / 'docs' / 'tasks.md').read_text(encoding='utf-8')
    task = yaml.safe_load(page.partition('```yaml\n')[2].partition('```')[0])
    task['simulation']['goal']['all'] += [{key: value} for key, value in goal.items()]
    mine = {'schema': 1, 'name': 'mine', 'cell': 'panda_table', 'policy': 'scripted',
            'task': 'put_wedge.yaml'}  # fmt: skip
    (folder / 'wedge.obj').write_text(WEDGE_MM)
    (folder / 'put_wedge.yaml').write_text(yaml.safe_dump(task))
    (folder / 'mine.yaml').write_text(yaml.safe_dump(mine))


def test_a_task_of_one_yaml_and_a_mesh(vla, tmp_path):
    write_own_task(tmp_path)
    domains = ['none', 'tutorial:object_mass']
    words = ['--deployment', 'mine.yaml', '--workers', '1', '--episodes', '1']
    vla('sim', 'run', *words, '--sweep', *domains)
    (sweep,) = (tmp_path / 'runs').glob('*-sweep')
    rows = json.loads((sweep / 'summary.json').read_text())['rows']
    assert [row['successes'] for row in rows] == [1, 1]
    vla('sim', 'preview', '--deployment', 'mine.yaml', '--output', 'sheet.png')
    assert (tmp_path / 'sheet.png').stat().st_size > 10_000


def test_a_task_with_a_class_of_its_own(vla, tmp_path):
    (tmp_path / 'my_goals.py').write_text(OWN_GOAL)
    write_own_task(tmp_path, **{'my_goals:Beside': {'object': 'wedge', 'y_m': 0.05}})
    vla('sim', 'run', '--deployment', 'mine.yaml', '--workers', '1', '--episodes', '1')
    summary = json.loads((tmp_path / 'runs' / 'latest' / 'summary.json').read_text())
    assert summary['successes'] == 1
    vla('sim', 'export-gazebo', '--deployment', 'mine.yaml', '--output', 'gazebo')
    assert '<model name="wedge">' in (tmp_path / 'gazebo' / 'world.sdf').read_text()
