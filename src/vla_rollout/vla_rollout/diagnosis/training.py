"""The frames of training data beside a policy, for whoever compares with them."""

import logging

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.self_test.golden_frames import GOLDEN_FRAMES, load_golden_frames
from vla_rollout.diagnosis.detectors.images.training_images import training_images, TrainingImages
from vla_rollout.diagnosis.healthy import is_of_policy, policy_folder

_LOG = logging.getLogger(__name__)


def find_training(
    deployment: Deployment, served: PolicyIdentity | None = None
) -> TrainingImages | None:
    """Return what a deployment's policy was shown in training, None where nobody knows.

    Args:
        deployment: whose policy has a folder with golden frames.
        served: what a policy server says it serves; another policy than the one in that folder
            was trained with other images. None where there is no server.
    """
    folder = policy_folder(deployment)
    path = folder / GOLDEN_FRAMES if folder else None
    if path is None or not path.is_file():
        return None
    if served is not None and not is_of_policy(deployment, served):
        return None
    try:
        return training_images(deployment, load_golden_frames(deployment, path))
    except VlaError as error:
        # Cameras of another cell have other names; the episode does not need them.
        _LOG.warning('images are not compared with those of the training: %s', error)
        return None
