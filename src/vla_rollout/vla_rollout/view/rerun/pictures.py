"""The images of an episode, as the cameras' drivers encoded them."""

from pathlib import Path
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_contract.recordings.damage import Damage
from vla_contract.recordings.events import EncodedImageEvent, ImageEvent
from vla_contract.recordings.read_events import read_events
from vla_rollout.view.rerun.library import load_rerun
from vla_rollout.view.rerun.timelines import Timelines

_PNG = b'\x89PNG'


def send_pictures(
    recording: Any, path: Path, cell: Cell, timelines: Timelines, places: dict[str, str],
    namespace: str = '',
) -> int:  # fmt: skip
    """Log every image; JPEG and PNG as they are, raw ones as pixels. Return how many.

    Args:
        recording: of Rerun.
        path: of the recorded episode.
        cell: whose cameras.
        timelines: times of the episode.
        places: path of the entity of each camera, by its name.
        namespace: of the robot.
    """
    rr, count = load_rerun(), 0
    for each in read_events(
        path, cell, namespace, topics=(), on_damage=_said_already, keep_encoded=True
    ):
        image = each.payload
        if isinstance(image, EncodedImageEvent):
            kind = 'image/png' if image.data.startswith(_PNG) else 'image/jpeg'
            drawn = rr.EncodedImage.columns(blob=[image.data], media_type=[kind])
        elif isinstance(image, ImageEvent):
            height, width = image.image.shape[:2]
            form = rr.components.ImageFormat(
                width=width, height=height, color_model='RGB', channel_datatype='U8'
            )
            drawn = rr.Image.columns(buffer=[image.image.tobytes()], format=[form])
        else:
            continue
        count += 1
        place = places[image.camera]
        recording.send_columns(place, timelines.columns([image.stamp_ns]), drawn)
    return count


def _said_already(damage: Damage) -> None:
    """Say nothing: whoever read the joints was told."""
