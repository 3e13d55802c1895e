"""The filter in front of the double of a maker's driver, with its channels, in simulated time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from support.fake_robot.ros2_control import Ros2Control
from support.fake_robot.vendors.direct_sender import DirectSender
from support.fake_robot.vendors.drivers import channels, double, GRIPPERS, head, VENDORS
from vla_action_filter.config import FilterConfig
from vla_action_filter.output.command_loop import CommandLoop
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.values import ActionChunk, JointSample, to_ns
import yaml

PERIOD_NS = to_ns(0.01)


def vendor_cell(name: str, folder: Path) -> Cell:
    """Write a robot with the channels of a maker, without a model, and load a cell with it."""
    vendor = VENDORS[name]
    given = channels(vendor)
    joints = [_joint(joint) for channel in given for joint in channel.joints]
    rows: dict[str, Any] = {row['name']: row for f in vendor.files for row in head(f)['channels']}
    robot = {
        'schema': 2,
        'name': name,
        'joints': joints,
        'groups': [
            {'name': 'arm', 'joints': [j['name'] for j in joints if j['name'] not in GRIPPERS]},
            {
                'name': 'gripper',
                'kind': 'gripper',
                'joints': [j['name'] for j in joints if j['name'] in GRIPPERS],
            },
        ],
        'model': {'base_frame': 'base_link'},
        'rates': {'filter_hz': 100.0, 'joint_states_hz': 100.0},
        'channels': list(rows.values()),
        'joint_states': [topic for f in vendor.files[-1:] for topic in head(f)['joint_states']],
    }
    (folder / 'robot.yaml').write_text(yaml.safe_dump(robot))
    cell = {
        'schema': 1,
        'name': name,
        'robots': [{'robot': str(folder / 'robot.yaml')}],
        'cameras': [],
        'workspace': {'speed': 1.0, 'deceleration': 2.0, 'margin': 0.01, 'clearance': 0.02},
        'deadlines': {'image_age_s': 0.5, 'joint_state_age_s': 0.2, 'chunk_age_s': 1.5},
    }
    (folder / 'cell.yaml').write_text(yaml.safe_dump(cell))
    return load_cell(str(folder / 'cell.yaml'))


def _joint(name: str) -> dict[str, Any]:
    lower, upper, closed_at = GRIPPERS.get(name, (-3.1, 3.1, 'upper'))
    opened = upper if closed_at == 'lower' else lower
    return {
        'name': name,
        'type': 'prismatic' if upper < 0.1 else 'revolute',
        'lower': lower,
        'upper': upper,
        'velocity': 2.0,
        'acceleration': 8.0,
        'jerk': 1600.0,
        'effort': 50.0,
        'home': opened if name in GRIPPERS else 0.0,
        'model_joint': name,
        'closed_at': closed_at,
    }


class VendorTrial:
    """A filter whose orders reach each controller as the senders of its channels send them."""

    def __init__(self, name: str, folder: Path) -> None:
        """Start at rest."""
        self.cell = vendor_cell(name, folder)
        self.robot = Ros2Control(double(VENDORS[name], self.cell.home))
        self.robot.advance_to(self.robot.now_ns + to_ns(0.5))
        self.robot.log.clear()
        self.loop = CommandLoop(self.cell, FilterConfig(cartesian=False))
        self._policy: Callable[[int], ActionChunk] | None = None
        self._sender = DirectSender(self.cell, self.robot)
        self._cycles = 0

    def sway(self) -> None:
        """Have a policy sway every joint by 0.3 rad, and open and close the fingers."""
        home, start_ns = self.cell.home, self.robot.now_ns

        def policy(now_ns: int) -> ActionChunk:
            t = (now_ns - start_ns) * 1e-9 + 0.1 * np.arange(16)
            positions = np.tile(home, (16, 1))
            positions += 0.15 * (1.0 - np.cos(2.0 * np.pi * 0.25 * t))[:, None]
            for i in self.cell.grippers:
                joint = self.cell.joints[i]
                positions[:, i] = np.where(t % 4.0 < 2.0, joint.closed, joint.open)
            return ActionChunk(now_ns, to_ns(0.1), positions)

        self._policy = policy

    def turn(self, speed: float) -> None:
        """Have a policy turn every joint of the arm on from where it is [rad/s]."""

        def policy(now_ns: int) -> ActionChunk:
            positions = np.tile(np.array(self.robot.arm.position), (16, 1))
            positions[:, self.cell.arm] += speed * 0.1 * np.arange(16)[:, None]
            return ActionChunk(now_ns, to_ns(0.1), positions)

        self._policy = policy

    def run(self, seconds: float) -> None:
        """Run cycles, each at its time."""
        for _ in range(round(seconds * 100)):
            now_ns = self.robot.now_ns + PERIOD_NS
            self.robot.advance_to(now_ns)
            arm, core = self.robot.arm, self.loop.filter
            core.offer_joints(JointSample(now_ns, np.array(arm.position), np.array(arm.velocity)))
            if self._policy and self._cycles % 25 == 0:
                core.offer_chunk(self._policy(now_ns), now_ns)
            self._cycles += 1
            orders = self.loop.cycle(now_ns)
            self._sender.send(orders, now_ns)
