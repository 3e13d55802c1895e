"""The filter of two arms beside that of one, in turns: what 14 joints and cross-arm pairs cost.

    python benchmarks/filter_pair.py

The ratios count, and their intervals; times are of a shared machine.
"""

import argparse
from dataclasses import replace
import time

import numpy as np
from vla_action_filter.action_filter import ActionFilter
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.deployment.placing import PlacedRobot
from vla_contract.values import ActionChunk, JointSample, to_ns

# Cycles of one filter before it is the other's turn; a chunk of each is this long.
_TURN = 80
_CROSS = [('left_gripper', 'right_gripper'), ('left_wrist', 'right_wrist')]


def pair_of(cell: Cell) -> Cell:
    """Return a cell with two of a cell's robots, 1.6 m apart, which face each other."""
    robot, workspace = cell.robot, cell.workspace
    left = PlacedRobot(robot, 'left_', position_m=(-0.8, 0.0, 0.0))
    right = PlacedRobot(robot, 'right_', position_m=(0.8, 0.0, 0.0), rpy_deg=(0.0, 0.0, 180.0))
    sides = (('left', -0.6, 0.0), ('right', 0.0, 0.6))
    boxes = tuple(
        replace(
            box,
            lower=(low, *box.lower[1:]),
            upper=(high, *box.upper[1:]),
            points=(f'{side}_tool',),
        )
        for side, low, high in sides
        for box in workspace.boxes
    )
    named = tuple(replace(box, name=f'{box.name}{i}') for i, box in enumerate(boxes))
    return replace(
        cell,
        robots=(left, right),
        keep_apart=tuple(_CROSS),
        workspace=replace(workspace, boxes=named),
    )


class Driven:
    """A filter that is given chunks about home, and the times of its cycles."""

    def __init__(self, cell: Cell, spread: float) -> None:
        self.core = ActionFilter(cell, FilterConfig(reject_jump_s=10.0))
        self.cell, self.spread = cell, spread
        self.position, self.now_ns = cell.home, to_ns(10.0)
        self.rng = np.random.default_rng(0)

    def turn(self) -> list[float]:
        """Return the times of some cycles in motion [us]."""
        dim = len(self.cell.joints)
        ends = self.rng.normal(0.0, self.spread, (3, dim))
        steps = np.linspace(0.0, 1.0, 16)[:, None]
        desired = self.cell.home + ends[0] + steps * ends[1] + np.sin(6.0 * steps) * ends[2]
        self.core.offer_chunk(ActionChunk(self.now_ns, to_ns(0.1), desired), self.now_ns)
        times = []
        for _ in range(_TURN):
            self.core.offer_joints(JointSample(self.now_ns, self.position, np.zeros(dim)))
            started = time.perf_counter_ns()
            command = self.core.step(self.now_ns).command
            times.append((time.perf_counter_ns() - started) / 1000)
            self.position = self.position if command is None else command
            self.now_ns += self.core.period_ns
        return times


def main() -> None:
    """Print p50 and p99 of both, and their ratio with its 95 % interval over the turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--turns', type=int, default=200, help='of 80 cycles each')
    turns = parser.parse_args().turns
    one = load_cell('panda_table')
    print('full step of the filter          7 joints [us]   14 joints [us]   ratio, 95 % interval')
    for name, spread in (('in motion', 0.1), ('at the walls', 0.4)):
        filters = [Driven(cell, spread) for cell in (one, pair_of(one))]
        times = np.array([[driven.turn() for driven in filters] for _ in range(turns)])
        # Turns are drawn again, both filters' together: what else the machine did then hit both.
        rng = np.random.default_rng(1)
        for share in (50, 99):
            seven, fourteen = (np.percentile(times[:, i], share) for i in (0, 1))
            drawn = [times[rng.integers(0, turns, turns)] for _ in range(400)]
            ratios = [np.percentile(t[:, 1], share) / np.percentile(t[:, 0], share) for t in drawn]
            low, high = np.percentile(ratios, [2.5, 97.5])
            print(
                f'  {name + f", p{share}":<30}{seven:14.0f}{fourteen:17.0f}'
                f'{fourteen / seven:9.2f}  {low:.2f} to {high:.2f}'
            )


if __name__ == '__main__':
    main()
