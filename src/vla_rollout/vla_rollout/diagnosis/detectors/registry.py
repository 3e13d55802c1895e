"""The table of detectors."""

from vla_contract.deployment.cell import Cell
from vla_contract.plugins import plugins
from vla_contract.values import Vector
from vla_rollout.diagnosis.detectors.chunks.disagreement import Disagreement
from vla_rollout.diagnosis.detectors.chunks.first_chunk import FirstChunk
from vla_rollout.diagnosis.detectors.chunks.no_actions import NoActions
from vla_rollout.diagnosis.detectors.chunks.policy_stays import PolicyStays
from vla_rollout.diagnosis.detectors.chunks.refused import Refused
from vla_rollout.diagnosis.detectors.contact.pushing import Pushing
from vla_rollout.diagnosis.detectors.detector import Detector
from vla_rollout.diagnosis.detectors.gripper.empty_grasp import EmptyGrasp
from vla_rollout.diagnosis.detectors.gripper.fingers_stuck import FingersStuck
from vla_rollout.diagnosis.detectors.gripper.never_closes import NeverCloses
from vla_rollout.diagnosis.detectors.gripper.shut_first import ShutFirst
from vla_rollout.diagnosis.detectors.images.dark_image import DarkImage
from vla_rollout.diagnosis.detectors.images.still_image import StillImage
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.detectors.images.unlike_training import UnlikeTraining
from vla_rollout.diagnosis.detectors.images.wrong_view import WrongView
from vla_rollout.diagnosis.detectors.latched import Latched
from vla_rollout.diagnosis.detectors.motion.actuator_stuck import ActuatorStuck
from vla_rollout.diagnosis.detectors.motion.hunting import Hunting
from vla_rollout.diagnosis.detectors.motion.lag import Lag
from vla_rollout.diagnosis.detectors.motion.no_progress import NoProgress
from vla_rollout.diagnosis.detectors.motion.off_path import OffPath
from vla_rollout.diagnosis.detectors.motion.reversals import Reversals


def make_detectors(
    cell: Cell, postures: Vector, training: TrainingImages | None = None
) -> tuple[Detector, ...]:
    """Return one detector of each kind for a robot, ours and those of `vla_detectors`.

    Of two that ring in the same cycle the one that comes first here counts as first. A detector
    from outside is a function of cell and postures.

    Args:
        cell: its robot and cameras.
        postures: arm joints of successful episodes, shape (N, n) [rad or m].
        training: what its cameras showed in the training data, None for not known.

    Raises:
        VlaError: one from outside cannot be imported.
    """
    training = training or TrainingImages()
    return (
        FirstChunk(),
        NoActions(),
        Refused(cell),
        DarkImage(),
        StillImage(cell),
        WrongView(training),
        UnlikeTraining(training),
        PolicyStays(cell),
        ActuatorStuck(cell),
        Hunting(cell),
        Reversals(cell),
        Disagreement(cell),
        Lag(cell),
        OffPath(cell, postures),
        Pushing(cell),
        FingersStuck(cell),
        ShutFirst(cell),
        EmptyGrasp(cell),
        NoProgress(),
        NeverCloses(cell),
        Latched(),
        *(make(cell, postures) for make in plugins('vla_detectors', 'detector')),
    )
