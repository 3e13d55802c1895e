"""A Panda and a way to write episodes down."""

from collections.abc import Callable

import numpy as np
import pytest
from vla_action_filter.verdict import Desired
from vla_contract.deployment.cell import Cell, load_cell
from vla_contract.filter_status import NO_REASON, Reason, ReasonCode, Verdict
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
        reason: Reason | None = None,
    ) -> Cycle:
        home = cell.home
        desired = home if desired is None else desired
        command = desired if command is None else command
        measured = command if measured is None else measured
        now_ns, still = k * PERIOD_NS, np.zeros(len(home))
        joints = JointSample(now_ns, measured, still, effort)
        if reason is None:
            is_held = verdict is Verdict.HOLD
            reason = Reason('no chunk', ReasonCode.NO_CHUNK) if is_held else NO_REASON
        asked = Desired(desired, still, now_ns)
        return Cycle(now_ns, asked, command, joints, verdict, reason)

    return make
