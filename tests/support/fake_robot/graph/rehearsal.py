"""One robot behind its maker's channels, from the lock to some episodes: docs/ten_steps.md.

The nodes are those of the real stack; the robot is the double, in simulated time. An episode is
one recorded demonstration of the scripted expert, followed by the joints, with the object where it
was then: it is counted as a success when the object is lifted.
"""

import json
import os
from pathlib import Path
import sys
from typing import Any

from support.command import Command
from support.fake_robot.graph.hold import hold
from support.fake_robot.graph.operator import pass_preflight, run_episodes, was_locked
from support.fake_robot.graph.rehearsal_files import RehearsalFiles, SEED
from support.fake_robot.vendors.drivers import VENDORS
from support.fake_robot.vendors.motors import worst_of
from support.fake_robot.vendors.robots import ROBOTS
from support.fake_robot.vendors.row import channel_names, Row
from support.operator_desk import OperatorDesk
from vla_rollout.graph.stack import Stack

# Cycles of a controller manager in a second, beside the processes of the stack.
_CYCLES_HZ = 200.0


class Rehearsal:
    """The processes of one robot."""

    def __init__(
        self,
        robot: str,
        folder: Path,
        speed: float = 0.0,
        episodes: int = 5,
        hold_s: float = 20.0,
    ) -> None:
        """Write the files.

        Args:
            robot: its name.
            folder: for all files; it must not exist.
            speed: of the robot's clock, simulated seconds in a second; 0 for one at which two
                cores can follow. Positions of a forward channel are sent by the machine's clock:
                there it is 1.
            episodes: how many.
            hold_s: how long the arm is held first [s].
        """
        self._files = RehearsalFiles(robot, folder)
        self._episodes, self._hold_s = episodes, hold_s
        rate_hz = VENDORS[ROBOTS[robot]].update_rate_hz
        self._speed = speed or min(1.0, _CYCLES_HZ / rate_hz)

    def run(self) -> Row:
        """Go through all of it."""
        own = {'use_sim_time': True, 'deployment': str(self._files.file)}
        overrides: dict[str, dict[str, Any]] = {
            'action_filter': dict(own),
            'policy_server': dict(own),
            'supervisor': own
            | {'preflight': str(self._files.folder / 'preflight.json'), 'first_speed': 1.0},
        }
        domain = int(os.environ['ROS_DOMAIN_ID'])
        robot = self._start_robot()
        try:
            with Stack('real_robot', self._files.folder / 'logs', domain, overrides):
                desk = OperatorDesk(domain)
                try:
                    return self._go_through(desk)
                finally:
                    desk.close()
        finally:
            robot.process.terminate()
            robot.process.wait(30.0)

    def _start_robot(self) -> Command:
        files = self._files
        values = {
            'robot': files.robot, 'deployment': files.file, 'seed': SEED,
            'folder': files.folder, 'speed': self._speed,
        }  # fmt: skip
        words = [word for name, value in values.items() for word in ('-p', f'{name}:={value}')]
        module = 'support.fake_robot.graph.robot_node'
        (files.folder / 'robot').mkdir()
        return Command(
            [sys.executable, '-m', module, '--ros-args', *words],
            files.folder / 'robot',
            dict(os.environ),
        )

    def _go_through(self, desk: OperatorDesk) -> Row:
        files, cell = self._files, self._files.deployment.cell
        checked, said = desk.call('supervisor/check')
        if not checked:
            raise RuntimeError(f'supervisor/check: {said}')
        stops = []
        if self._hold_s:
            stops = hold(desk, cell, self._hold_s, has_clock=True)
        # The end of whatever watched has locked the filter.
        desk.call('supervisor/check')
        items = pass_preflight(self._files, desk)
        if was_locked(items):
            # A machine that is busy with a policy leaves the sign of life of a checklist late.
            desk.call('supervisor/check')
            items = pass_preflight(self._files, desk)
        results: list[dict[str, Any]] = []
        released, said = desk.call('supervisor/release')
        if released and self._episodes:
            results = run_episodes(self._files, desk, self._episodes)
        _, text = desk.call('fake_robot/dump')
        controllers = json.loads(text)
        errors = controllers.pop('controller_manager')['errors']
        return Row(
            files.robot,
            channel_names(cell),
            (sum(item['status'] in ('ok', 'warn') for item in items), len(items)),
            tuple(
                f'{item["name"]}: {item["found"]}'
                for item in items
                if item['status'] not in ('ok', 'warn')
            ),
            sum(bool(result['success']) for result in results),
            tuple(result['termination'] for result in results) or (said,),
            sum(one['refused'] for one in controllers.values()) + len(errors),
            sum(one['accepted'] for one in controllers.values()),
            tuple(
                line
                for one in controllers.values()
                for line in (*one['errors'], *one['warnings'], *errors)
            ),
            worst_of(cell, files.folder),
            tuple(stops),
        )
