"""What reaches the motors through a whole day at the robot, for every set-up and lag.

    python studies/motor_table.py

Shares of the limits of the cell, worst joint and moment: of what a controller writes every
millisecond, and of the arm behind its lag. The day: five episodes with pauses, e-stop in motion
and reset, a filter that stalls, the controller switched off and on, the arm moved by hand while it
is off and while the filter is latched, and the filter killed in motion.
"""

import argparse
from collections.abc import Iterator
import sys

from support.fake_robot.motor_log import MotorReport
from support.fake_robot.setups import LAGS_S, NAMES
from support.motor_trial import JOINTS, MotorTrial

_ROW = '{:<18} {:<28} {:>4} {:>7} {:>6} {:>6} {:>6} {:>6} {:>4} {:>4}'


def day_at_the_robot(trial: MotorTrial) -> None:
    """Do with a trial what is done with a robot."""
    core, robot = trial.loop.filter, trial.robot
    arm = next(iter(robot.controllers))
    trial.run(0.5)
    for _ in range(5):
        trial.loop.restart()
        trial.sway()
        trial.run(3.0)
        trial.policy = None
        trial.run(2.5)
    trial.sway()
    trial.run(2.0)
    core.set_e_stop(True)
    trial.run(1.0)
    core.set_e_stop(False)
    trial.policy = None
    trial.run(0.5)
    _reset(trial)
    trial.sway()
    trial.run(1.0)
    for stall_ms in (15.0, 40.0, 90.0):
        trial.run(0.7, stall_ms)
    trial.policy = None
    trial.run(2.5)
    robot.switch(arm, False)
    trial.run(0.5)
    robot.moved_by_hand(JOINTS[0], 0.5, over_s=1.5)
    trial.run(2.0)
    robot.switch(arm, True)
    trial.run(1.0)
    trial.sway()
    trial.run(3.0)
    core.set_e_stop(True)
    trial.run(1.0)
    robot.switch(arm, False)
    robot.moved_by_hand(JOINTS[0], -0.4, over_s=1.0)
    trial.run(1.5)
    robot.switch(arm, True)
    trial.run(1.0)
    core.set_e_stop(False)
    trial.run(0.2)
    _reset(trial)
    trial.sway()
    trial.run(2.0)
    trial.kill(1.0)


def _reset(trial: MotorTrial) -> None:
    problem = trial.loop.filter.reset(trial.now_ns)
    if problem:
        raise RuntimeError(f'reset refused: {problem}')
    trial.run(0.3)


def rows(names: list[str], lags_s: tuple[float, ...]) -> Iterator[tuple[str, str, float, str]]:
    """Yield set-up, controller, lag and its line, one per controller."""
    for name in names:
        for lag_s in lags_s:
            for is_desired in (True, False) if name == 'all_joints' else (True,):
                trial = MotorTrial(name, lag_s, is_desired)
                day_at_the_robot(trial)
                for controller, report in trial.report().items():
                    yield (
                        name,
                        controller,
                        lag_s,
                        _line(name, controller, lag_s, is_desired, report),
                    )


def _line(name: str, controller: str, lag_s: float, is_desired: bool, r: MotorReport) -> str:
    shares = (r.velocity, r.acceleration, r.arm_velocity, r.arm_acceleration)
    start = 'desired' if is_desired else 'measured'
    numbers = (f'{share:.3f}' for share in shares)
    return _ROW.format(
        name, controller, f'{1e3 * lag_s:.0f}', start[:7], *numbers, r.extra_reversals, r.refused
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('names', nargs='*', default=list(NAMES), help='set-ups; default: all')
    args = parser.parse_args()
    print(
        _ROW.format(
            'set-up', 'controller', 'lag', 'starts', 'v', 'a', 'arm v', 'arm a', 'rev', 'ref'
        )
    )
    for *_, line in rows(args.names, LAGS_S):
        print(line, flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
