"""Every shipped robot behind the channels of its maker: held, and lifting a cube five times.

    python studies/vendor_channels.py --all --json vendor_channels.json
    python studies/vendor_channels.py fr3 --graph

In simulated time, without DDS: a double of the maker's driver with the rules of ros2_controllers
4.42 (the SO-101: LeRobot's class and its SDK on a simulated bus), a simulated world behind the
servos, the filter, and the scripted expert. Each robot is held for 20 s first. About a minute per
robot.

With --graph the nodes of the real stack stand beside the double over DDS, as docs/ten_steps.md
says: the arm is held, the whole checklist is measured and answered, and five times one recorded
demonstration is followed. That needs a compiler (gripper actions need control_msgs, which is built
once), and a quiet machine. The SO-101 has no such double.

A row says: items of the checklist that hold, episodes with the cube lifted, messages refused of
all, the worst share of the limits that a trajectory controller wrote (velocity, acceleration) and
that the arm had, and stops.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
import os
from pathlib import Path
import sys
import tempfile

from support.fake_robot.graph.rehearsal import Rehearsal
from support.fake_robot.vendors.lift_trial import LiftTrial
from support.fake_robot.vendors.robots import LEROBOT, ROBOTS
from support.fake_robot.vendors.row import channel_names, Row
from vla_contract.cli.command import write_json
from vla_contract.ros.free_domain import enter_own_domain

_ROW = '{:<17} {:>9} {:>6} {:>10} {:>8} {:>8} {:>6} {:>5}  {}'
_HEAD = (
    'robot', 'checklist', 'lifted', 'refused', 'velocity', 'accel.', 'arm', 'stops', 'channels',
)  # fmt: skip
_SEED = 100_000


def lift(name: str, folder: Path, episodes: int, hold_s: float) -> Row:
    """Run one robot without DDS."""
    trial = LiftTrial(name, folder)
    trial.hold(hold_s)
    stops = [f'in the hold: {reason}' for reason in trial.stops | trial.holds]
    lifted = [trial.episode(_SEED + k) for k in range(episodes)]
    complaints = list(trial.robot.complaints)
    return Row(
        robot=name,
        channels=channel_names(trial.cell),
        checklist=(0, 0),
        open_items=(),
        lifted=sum(lifted),
        ended=tuple('success' if is_lifted else 'timeout' for is_lifted in lifted),
        refused=len(complaints),
        accepted=trial.robot.accepted,
        said=tuple(sorted(set(complaints))),
        worst=trial.worst,
        stops=(*stops, *trial.stops),
    )


def line(row: Row) -> str:
    """Return a row as text."""
    worst = row.worst
    return _ROW.format(
        row.robot,
        '/'.join(map(str, row.checklist)) if any(row.checklist) else '-',
        f'{row.lifted}/{len(row.ended)}',
        f'{row.refused}/{row.refused + row.accepted}',
        f'{worst.velocity:.3f}',
        f'{worst.acceleration:.3f}',
        f'{worst.arm_velocity:.2f}',
        len(row.stops),
        ', '.join(row.channels),
    )


def is_good(row: Row) -> bool:
    """Return whether nothing was refused, exceeded, stopped or left open."""
    kept = max(row.worst.velocity, row.worst.acceleration) <= 1.0 + 1e-3
    return kept and row.checklist[0] == row.checklist[1] and not row.refused and not row.stops


def main(argv: Sequence[str] | None = None) -> int:
    """Run the robots one after the other; status 1 when one row is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('robots', nargs='*', help=f'of {", ".join((*ROBOTS, LEROBOT))}')
    parser.add_argument('--all', action='store_true', help='all of them')
    parser.add_argument('--graph', action='store_true', help='beside the nodes of the real stack')
    parser.add_argument('--episodes', type=int, default=5)
    parser.add_argument('--hold-s', type=float, default=20.0)
    parser.add_argument(
        '--speed', type=float, default=0.0, help="of the robot's clock beside the graph"
    )
    parser.add_argument('--json', type=Path, help='also write the rows here')
    parser.add_argument('--folder', type=Path, help='keep files and logs here')
    args = parser.parse_args(argv)
    known = tuple(ROBOTS) if args.graph else (*ROBOTS, LEROBOT)
    names = known if args.all else args.robots
    if unknown := set(names) - set(known):
        parser.error(f'robots: found {", ".join(sorted(unknown))}; allowed: {", ".join(known)}')
    if args.graph and 'ROS_DOMAIN_ID' not in os.environ:
        enter_own_domain()
    print(_ROW.format(*_HEAD))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            folder = (args.folder or Path(scratch)) / name
            if args.graph:
                row = Rehearsal(name, folder, args.speed, args.episodes, args.hold_s).run()
            else:
                folder.mkdir(parents=True)
                row = lift(name, folder, args.episodes, args.hold_s)
            rows.append(row)
            print('\n    '.join([line(row), *row.open_items, *row.said, *row.stops]), flush=True)
    if args.json:
        write_json(args.json, [asdict(row) for row in rows])
    return 0 if all(map(is_good, rows)) else 1


if __name__ == '__main__':
    sys.exit(main())
