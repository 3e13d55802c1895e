"""Do the cameras show the scene as they showed it in training?"""

from collections.abc import Iterator, Mapping, Sequence

from vla_contract.check import Check, measured, skipped, Status, unknown
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Image
from vla_rollout.diagnosis.detectors.images.dark_image import shows_nothing
from vla_rollout.diagnosis.detectors.images.training_images import TrainingImages
from vla_rollout.diagnosis.detectors.images.unlike_training import UnlikeTraining
from vla_rollout.diagnosis.detectors.images.wrong_view import WrongView
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.diagnosis.taxonomy import DARK_IMAGE, UNLIKE_TRAINING

_ALLOWED = 'like the training images'


def check_images(
    deployment: Deployment,
    healthy: Healthy | None,
    training: TrainingImages | None,
    images: Mapping[str, Sequence[Image]],
) -> Iterator[Check]:
    """Yield, per camera of the policy, how like its live images are to those of the training.

    Args:
        deployment: what is to run.
        healthy: what was learned of its policy, None for nothing.
        training: what its policy was shown in training, None for not known.
        images: of each camera, shape (H, W, 3), as they came.
    """
    taught = healthy.thresholds.get(UNLIKE_TRAINING.name) if healthy else None
    for camera in dict.fromkeys(seen.camera for seen in deployment.policy.cameras):
        item = f'image of camera {camera}'
        if not images.get(camera):
            yield skipped(item, 'nothing arrives', _ALLOWED, 'check driver, network and QoS')
        elif all(map(shows_nothing, images[camera])):
            fix = DARK_IMAGE.fix
            yield measured(item, False, 'black, or of a single colour', _ALLOWED, fix)
        elif training is None or camera not in training.cameras:
            yield unknown(item, 'no golden frames beside the policy to compare with', _ALLOWED)
        else:
            yield _compared(item, camera, training, images[camera], taught)


def _compared(
    item: str,
    camera: str,
    training: TrainingImages,
    images: Sequence[Image],
    taught: float | None,
) -> Check:
    view, likeness = WrongView(training), UnlikeTraining(training)
    for image in images:
        view.see_frame(camera, 0, image)
        likeness.see_frame(camera, 0, image)
    if (view.score or 0.0) > view.floor:
        return measured(item, False, view.evidence, _ALLOWED, view.found.fix)
    if likeness.score is None:
        why = 'the golden frames are too few, or too different, to say how it should look'
        return unknown(item, why, _ALLOWED)
    found, limit = f'unlike by {likeness.score:.2f} of 2', likeness.threshold(taught)
    if limit is None:
        return unknown(item, f'{found}; how much is healthy was not learned', _ALLOWED)
    if likeness.score > limit:
        # A policy may well do with another background; who answers for it should have looked.
        return Check(item, Status.WARN, found, f'up to {limit:.2f}', likeness.cause.fix)
    return measured(item, True, found, f'up to {limit:.2f}', '')
