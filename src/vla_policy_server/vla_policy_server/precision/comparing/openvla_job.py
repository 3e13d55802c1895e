"""A network of OpenVLA's shape with random weights, measured in one precision."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_policy_server.precision.candidate import Candidate
from vla_policy_server.precision.comparing.openvla_shape import OpenVlaShape, SHAPES
from vla_policy_server.precision.predictor import Batch, Network, size_bytes
from vla_policy_server.precision.registry import make_predictor

_PROMPT_TOKENS = 20  # 'In: What action should the robot take to lift the cube?\nOut:'


@dataclass(frozen=True)
class ShapeJob:
    """Builds a shape in one precision; sent to the process that measures it."""

    shape: str
    precision: str
    device: str
    threads: int

    def load(self) -> Candidate:
        """Build with random weights.

        Raises:
            PolicyError: the method cannot run here.
        """
        import torch
        from vla_policy_server.precision.comparing.openvla_network import random_network

        torch.set_num_threads(self.threads)
        shape = SHAPES[self.shape]
        # Everything but fp32 begins with 16 bits, as checkpoints of this size are published.
        dtype = torch.float32 if self.precision == 'fp32' else torch.bfloat16
        policy = random_network(shape, dtype, self.device)
        batch = _example(shape, dtype, self.device)
        network = Network(policy, batch, self.device, Path())
        predictor = make_predictor(self.precision, network)

        def predict() -> object:
            with torch.inference_mode():
                return predictor.predict_action_chunk(batch)

        return Candidate(predict, None, size_bytes(predictor))


def _example(shape: OpenVlaShape, dtype: Any, device: str) -> Batch:
    import torch

    image = torch.rand(1, 3, shape.image, shape.image, dtype=dtype, device=device)
    prompt = torch.randint(shape.vocabulary, (1, _PROMPT_TOKENS), device=device)
    return {'observation.images.primary': image, 'observation.language.tokens': prompt}
