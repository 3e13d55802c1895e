"""OpenVLA as a service on the wire; it knows images and instructions, but no robot."""

from collections.abc import Sequence
import time
from typing import Any

import numpy as np
from vla_contract.values import to_ns
from vla_policy_server.openvla.policy import OpenVlaPolicy
from vla_policy_server.wire.errors import WireError
from vla_policy_server.wire.message_values import read_image, read_text, Shape
from vla_policy_server.wire.request import PROTOCOL, read_request, TAKES_INSTRUCTION
from vla_policy_server.worker.batching import BatchQueue

IMAGE, PROMPT = 'observation/image', 'prompt'
_SMALLEST_PX, _LARGEST_PX = 16, 4096

Question = tuple[Any, str, int]
"""Image, instruction, and the time by the monotonic clock after which no one waits [ns]."""


class OpenVlaService:
    """Answers all robots, one after the other: OpenVLA takes one image at a time."""

    def __init__(self, policy: OpenVlaPolicy, about: dict[str, str]) -> None:
        """Serve a policy.

        Args:
            policy: what answers.
            about: what else clients are told, such as the name of the checkpoint.
        """
        self._policy = policy
        self._queue = BatchQueue(self._answer_all, max_batch=1)
        self.metadata: dict[str, Any] = {
            'protocol': PROTOCOL,
            'action_kind': 'end_effector_delta',
            'observation_keys': [IMAGE, PROMPT],
            TAKES_INSTRUCTION: True,
            **about,
        }

    async def open(self) -> 'OpenVlaService':
        """Return itself: there is nothing to remember about a robot."""
        return self

    async def answer(self, message: dict[str, Any], received_ns: int) -> dict[str, Any]:
        """Return one action, shape (1, 7).

        Raises:
            MessageRefusedError: the image is missing or no image, or the instruction no text.
            WireError: the deadline passed before the turn of this image came.
        """
        request = read_request(message, received_ns)
        image = read_image(message, IMAGE, _is_image, f'(H, W, 3), {_SMALLEST_PX} px or more')
        deadline_ns = time.monotonic_ns() + to_ns(request.patience_s)
        timed = await self._queue.submit((image, read_text(message, PROMPT), deadline_ns))
        if timed.result is None:
            raise WireError('the deadline passed before the turn of this image came')
        return {
            'actions': timed.result[np.newaxis],
            'server_timing': {
                'infer_ms': timed.work_ns / 1e6,
                'queue_ms': timed.queue_ns / 1e6,
            },
        }

    def close(self) -> None:
        """Nothing is held for one robot."""

    def _answer_all(self, questions: Sequence[Question]) -> list[Any]:
        return [
            self._policy.act(image, prompt) if time.monotonic_ns() <= deadline_ns else None
            for image, prompt, deadline_ns in questions
        ]


def _is_image(shape: Shape) -> bool:
    sides = shape[:2]
    return shape[2:] == (3,) and all(_SMALLEST_PX <= side <= _LARGEST_PX for side in sides)
