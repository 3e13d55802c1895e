"""The table of detectors."""

from vla_contract.deployment.cell import Cell
from vla_contract.plugins import plugins
from vla_contract.values import Vector
from vla_rollout.diagnosis.detectors.actuator_stuck import ActuatorStuck
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.disagreement import Disagreement
from vla_rollout.diagnosis.detectors.empty_grasp import EmptyGrasp
from vla_rollout.diagnosis.detectors.no_actions import NoActions
from vla_rollout.diagnosis.detectors.off_path import OffPath
from vla_rollout.diagnosis.detectors.policy_stays import PolicyStays
from vla_rollout.diagnosis.detectors.pushing import Pushing
from vla_rollout.diagnosis.detectors.reversals import Reversals
from vla_rollout.diagnosis.detectors.tracking import Tracking


def make_detectors(cell: Cell, postures: Vector) -> tuple[Detector, ...]:
    """Return one detector of each kind for a robot, ours and those of `vla_detectors`.

    A detector from outside is a function of the same arguments.

    Args:
        cell: its robot and cameras.
        postures: arm joints of successful episodes, shape (N, n) [rad or m].

    Raises:
        VlaError: one from outside cannot be imported.
    """
    return (
        NoActions(),
        PolicyStays(cell),
        ActuatorStuck(cell),
        Reversals(cell),
        Disagreement(cell),
        Tracking(cell),
        OffPath(cell, postures),
        Pushing(cell),
        EmptyGrasp(cell),
        *(make(cell, postures) for make in plugins('vla_detectors', 'detector')),
    )
