"""The table of detectors."""

from vla_contract.contract import RobotContract
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


def make_detectors(contract: RobotContract, postures: Vector) -> tuple[Detector, ...]:
    """Return one detector of each kind for a robot, ours and those of `vla_detectors`.

    A detector from outside is a function of the same arguments.

    Args:
        contract: the robot.
        postures: arm joints of successful episodes, shape (N, n) [rad or m].

    Raises:
        VlaError: one from outside cannot be imported.
    """
    return (
        NoActions(),
        PolicyStays(contract),
        ActuatorStuck(contract),
        Reversals(contract),
        Disagreement(contract),
        Tracking(contract),
        OffPath(contract, postures),
        Pushing(contract),
        EmptyGrasp(contract),
        *(make(contract, postures) for make in plugins('vla_detectors', 'detector')),
    )
