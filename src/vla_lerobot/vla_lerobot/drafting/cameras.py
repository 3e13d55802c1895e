"""Which camera of the cell each image of a checkpoint is, and how large it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from vla_contract.deployment.cell import Camera
from vla_lerobot.drafting.joints import MISSING

Sizes = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class DraftedCamera:
    """A camera of the policy file.

    Attributes:
        feature: key of the checkpoint.
        camera: of the cell, or `MISSING`.
        size: width and height that the policy sees [px].
        remark: for a comment; begins with 'guess' where nobody recorded it.
    """

    feature: str
    camera: str
    size: tuple[int, int]
    remark: str


def draft_cameras(
    checkpoint: Sizes, dataset: Sizes | None, cameras: tuple[Camera, ...] | None
) -> list[DraftedCamera]:
    """Propose a camera for each image.

    Args:
        checkpoint: sizes of the images by feature [px].
        dataset: likewise, as recorded; they count where the policy itself resizes.
        cameras: of the cell, None where only the robot is known.
    """
    sizes = {key: (dataset or {}).get(key, size) for key, size in checkpoint.items()}
    named = {key: key.rpartition('.')[2] for key in sizes}
    if cameras is None:
        remark = 'guess: a camera of this name'
        return [DraftedCamera(key, named[key], size, remark) for key, size in sizes.items()]
    known = {camera.name: camera for camera in cameras}
    free = [name for name in known if name not in named.values()]
    strangers = [key for key, name in named.items() if name not in known]
    found = []
    for key, size in sizes.items():
        if named[key] in known:
            remark = _shape_remark(known[named[key]], size)
            found.append(DraftedCamera(key, named[key], size, remark))
        elif len(free) == len(strangers):
            name = free[strangers.index(key)]
            remark = f'guess: the cell has no camera {named[key]}'
            found.append(DraftedCamera(key, name, size, remark))
        else:
            remark = (
                f'no camera {named[key]}; the cell has: {", ".join(known) or "none"} (or one of '
                'black_images?)'
            )
            found.append(DraftedCamera(key, MISSING, size, remark))
    return found


def seen_in_training(checkpoint: Sizes, dataset: Sizes | None) -> tuple[Sizes, list[str]]:
    """Return the images that a dataset has, and the features of a base model that it has not."""
    unseen = [key for key in checkpoint if dataset is not None and key not in dataset]
    if len(unseen) == len(checkpoint):
        return checkpoint, []  # they have other names there
    return {key: size for key, size in checkpoint.items() if key not in unseen}, unseen


def _shape_remark(camera: Camera, size: tuple[int, int]) -> str:
    if camera.width * size[1] == camera.height * size[0]:
        return ''
    return (
        f'guess: crop; the camera has {camera.width} x {camera.height}, and how the training '
        'images were fit is not recorded (crop, letterbox or stretch)'
    )
