"""A Panda and a way to write episodes down."""

from collections.abc import Callable

import numpy as np
import pytest
from vla_action_filter.verdict import Verdict
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.values import JointSample, Vector
from vla_rollout.episodes.cycle import Cycle

PERIOD_NS = 10_000_000


@pytest.fixture(scope='session')
def cell() -> Cell:
    return load_cell('panda_table')


@pytest.fixture
def cycle(cell: Cell) -> Callable[..., Cycle]:
    """Return a maker of the k-th cycle; what is not given is at home, passed, and follows."""

    def make(
        k: int,
        desired: Vector | None = None,
        command: Vector | None = None,
        measured: Vector | None = None,
        effort: Vector | None = None,
        verdict: Verdict = Verdict.PASS,
    ) -> Cycle:
        home = cell.home
        desired = home if desired is None else desired
        command = desired if command is None else command
        measured = command if measured is None else measured
        now_ns, still = k * PERIOD_NS, np.zeros(len(home))
        joints = JointSample(now_ns, measured, still, effort)
        return Cycle(now_ns, desired, still, command, joints, verdict, '', now_ns)

    return make
