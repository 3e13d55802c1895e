"""OpenVLA at work: one image and an instruction in, one move of the tool out."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vla_policy_server.openvla.action_statistics import find_statistics, Vector, WIDTH
from vla_policy_server.openvla.errors import OpenVlaError

_TEMPLATE = 'In: What action should the robot take to {instruction}?\nOut:'
# The empty token that OpenVLA saw before every action in training.
_ACTION_FOLLOWS = 29871
# Training cut images to this part of their area at random; then the middle is what to look at.
_CROPPED_AREA = 0.9


@dataclass(frozen=True)
class OpenVlaSettings:
    """How a checkpoint is asked.

    Attributes:
        unnorm_key: name of the statistics of its actions; empty takes the only ones.
        center_crop: whether it was trained on cropped images.
    """

    unnorm_key: str = ''
    center_crop: bool = False


class OpenVlaPolicy:
    """Asks a loaded model; remembers nothing between images."""

    def __init__(self, model: Any, processor: Any, settings: OpenVlaSettings) -> None:
        """Check that the model can be used, on a grey image.

        Args:
            model: has `predict_action`, `norm_stats` and `vision_backbone` as OpenVLA's has.
            processor: makes tokens and pixels of a text and an image.
            settings: how to ask.

        Raises:
            OpenVlaError: statistics are missing, the model ignores its image, or its answer is no
                action.
        """
        self._model = model
        self._processor = processor
        self._settings = settings
        self._statistics = find_statistics(model.norm_stats, settings.unnorm_key)
        self._require_sight()

    def act(self, image: NDArray[np.uint8], instruction: str) -> Vector:
        """Return one action in the units of the training set, shape (7,).

        Args:
            image: RGB, shape (H, W, 3).
            instruction: task text.

        Raises:
            OpenVlaError: the model's answer is no action.
        """
        from PIL import Image
        import torch

        picture = Image.fromarray(image)
        if self._settings.center_crop:
            picture = picture.resize(picture.size, box=_middle(*picture.size))
        prompt = _TEMPLATE.format(instruction=instruction.lower())
        inputs = self._processor(prompt, picture)
        with torch.inference_mode():
            inputs = inputs.to(self._model.device, dtype=self._model.dtype)
            action = self._model.predict_action(
                **_ending_in(inputs, _ACTION_FOLLOWS),
                unnorm_key=self._settings.unnorm_key or None,
                do_sample=False,
            )
        return self._checked(np.asarray(action, dtype=np.float64))

    def _checked(self, action: Vector) -> Vector:
        if action.shape != (WIDTH,) or not np.isfinite(action).all():
            raise OpenVlaError(f'the model answered {action!s:.200}; allowed: {WIDTH} numbers')
        if not self._statistics.contains(action):
            raise OpenVlaError(
                f'the model answered {action!s:.200}, outside what its statistics '
                f"'{self._settings.unnorm_key}' can give: other statistics, or damaged weights"
            )
        return action

    def _require_sight(self) -> None:
        """Refuse a model that answers without looking (openvla/openvla issue 346).

        With another version of transformers the image is left out silently, and the same action
        comes back for every image.
        """
        looks = 0

        def count(*_: Any) -> None:
            nonlocal looks
            looks += 1

        hook = self._model.vision_backbone.register_forward_hook(count)
        try:
            self.act(np.full((224, 224, 3), 128, np.uint8), 'do nothing')
        finally:
            hook.remove()
        if looks == 0:
            raise OpenVlaError(
                'the model answers without looking at its image: use the versions in '
                'docker/openvla/requirements.txt'
            )


def _middle(width: int, height: int) -> tuple[float, float, float, float]:
    """Return the middle of an image with a part of its area: left, top, right, bottom [px]."""
    margin = (1.0 - sqrt(_CROPPED_AREA)) / 2.0
    return margin * width, margin * height, (1.0 - margin) * width, (1.0 - margin) * height


def _ending_in(inputs: Any, token: int) -> dict[str, Any]:
    """Return model inputs whose text ends in a token, its attention mask with it.

    `predict_action` adds the token where it is missing, but not to the mask.
    """
    import torch

    ids, mask = inputs['input_ids'], inputs['attention_mask']
    if ids[0, -1] != token:
        ids = torch.cat([ids, ids.new_full((1, 1), token)], dim=1)
        mask = torch.cat([mask, mask.new_ones((1, 1))], dim=1)
    return {**inputs, 'input_ids': ids, 'attention_mask': mask}
