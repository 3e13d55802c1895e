"""What a rehearsal needs on disk: a deployment, nominal calibrations and one demonstration."""

import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from support.control_messages import path_of_control_messages
from support.fake_robot.vendors.robots import real_deployment, simulated_deployment
from support.python_path import python_path, TESTS
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.schema import load_yaml
import yaml

SEED = 100_000
"""Of the episode that is recorded, and that the robot begins again and again."""


class RehearsalFiles:
    """The files of one robot, and the environment in which processes find them.

    Attributes:
        robot: its name.
        folder: of all files.
        file: the deployment, of the real robot with a policy that follows the demonstration.
        deployment: as loaded.
    """

    def __init__(self, robot: str, folder: Path) -> None:
        """Write them into a folder that does not exist yet."""
        self.robot, self.folder = robot, folder
        folder.mkdir(parents=True)
        messages = path_of_control_messages(TESTS.parent / 'build' / 'control_msgs')
        os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, [python_path(), messages]))
        share = folder / 'overlay' / 'share' / 'vla_bringup'
        prefixes = [str(folder / 'overlay'), os.environ['AMENT_PREFIX_PATH']]
        os.environ['AMENT_PREFIX_PATH'] = os.pathsep.join(prefixes)
        self.demonstration = folder / 'demonstration'
        self.file = folder / f'{robot}.yaml'
        simulated = self._write_deployment()
        self._vla(
            'camera', 'nominal', '--deployment', simulated, '--output', share / 'calibration_data'
        )
        self._vla(
            'dataset', 'record-sim', '--deployment', simulated, '--episodes', '1',
            '--noise-rad', '0', '--missed-share', '0', '--margin-m', '0',
            '--first-seed', str(SEED), '--output', self.demonstration,
        )  # fmt: skip
        self.deployment: Deployment = load_deployment(str(self.file))

    def _write_deployment(self) -> str:
        """Write the real deployment with the demonstration; returns the simulated one's name."""
        simulated = simulated_deployment(self.robot)
        places = load_yaml(simulated).get('overrides') or {}
        values = load_yaml(real_deployment(self.robot))
        values['overrides'] = {
            **{name: value for name, value in places.items() if name.startswith('task.')},
            **(values.get('overrides') or {}),
            'policy.backend': 'support.demonstration_policy:make',
            'policy.source': str(self.demonstration),
            'policy.name': 'demonstration',
        }
        self.file.write_text(yaml.safe_dump(values))
        return simulated.stem

    def _vla(self, *words: Any) -> None:
        command = [sys.executable, '-m', 'vla_contract.cli.vla', *map(str, words)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f'{" ".join(command)}: {done.stdout}{done.stderr}')
