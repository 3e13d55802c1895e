"""A fake robot with its action filter and supervisor, as `vla rollout preflight` wants them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import sys

from support.command import Command
from support.operator_desk import OperatorDesk
from support.python_path import python_path
from vla_contract.ros.free_domain import enter_own_domain
from vla_rollout.graph.stack import Stack


@contextmanager
def checklist_robot(folder: Path) -> Iterator[Callable[[], None]]:
    """Start them in a domain of their own, by the clock of the machine.

    Yields:
        What lets the filter move the arm for one preflight, by `supervisor/check`.
    """
    enter_own_domain()
    os.environ['PYTHONPATH'] = python_path()
    (folder / 'robot').mkdir(parents=True)
    driver = [sys.executable, '-m', 'support.fake_robot.driver']
    robot = Command(driver, folder / 'robot', dict(os.environ))
    own = {'supervisor': {'preflight': str(folder / 'preflight.json')}}
    domain_id = int(os.environ['ROS_DOMAIN_ID'])
    try:
        with Stack('real_robot', folder / 'logs', domain_id, own):
            desk = OperatorDesk(domain_id)

            def check() -> None:
                may_move, reason = desk.call('supervisor/check')
                if not may_move:
                    raise RuntimeError(f'supervisor/check: {reason}')

            try:
                yield check
            finally:
                desk.close()
    finally:
        robot.process.terminate()
        robot.finish(60.0)
