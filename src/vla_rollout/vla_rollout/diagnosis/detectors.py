"""The table of detectors."""

from vla_contract.contract import RobotContract
from vla_contract.values import Vector
from vla_rollout.diagnosis.actuator_stuck import ActuatorStuck
from vla_rollout.diagnosis.detector import Detector
from vla_rollout.diagnosis.disagreement import Disagreement
from vla_rollout.diagnosis.empty_grasp import EmptyGrasp
from vla_rollout.diagnosis.no_actions import NoActions
from vla_rollout.diagnosis.off_path import OffPath
from vla_rollout.diagnosis.policy_stays import PolicyStays
from vla_rollout.diagnosis.pushing import Pushing
from vla_rollout.diagnosis.reversals import Reversals
from vla_rollout.diagnosis.tracking import Tracking


def make_detectors(contract: RobotContract, postures: Vector) -> tuple[Detector, ...]:
    """Return one detector of each kind for a robot.

    Args:
        contract: the robot.
        postures: arm joints of successful episodes, shape (N, n) [rad or m].
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
    )
