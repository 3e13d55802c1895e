"""A flow-matching policy of a published shape with random weights, measured in one precision."""

from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.cell import Cell
from vla_contract.values import Vector
from vla_lerobot.lerobot_import import quiet_lerobot
from vla_policy_server.precision.candidate import Candidate
from vla_policy_server.precision.comparing.flow_shapes import JOINTS, random_flow
from vla_policy_server.precision.graph_folder import graph_folder
from vla_policy_server.precision.predictor import Batch, Network, size_bytes
from vla_policy_server.precision.registry import make_predictor


@dataclass(frozen=True)
class FlowJob:
    """Builds a shape in one precision; sent to the process that measures it.

    Attributes:
        shape: a name of `FLOW_SHAPES`.
        precision: a name of `PRECISIONS`.
        device: torch device.
        threads: of the CPU.
        cell: its first joints give actions a range: -1 is the lower limit, 1 the upper one.
        steps: of the loop from noise to actions; None for the policy's own.
    """

    shape: str
    precision: str
    device: str
    threads: int
    cell: Cell
    steps: int | None = None

    def load(self) -> Candidate:
        """Build with random weights.

        Raises:
            PolicyError: the method cannot run here.
        """
        import torch

        quiet_lerobot()
        torch.set_num_threads(self.threads)
        policy, batches = random_flow(self.shape, self.device)
        network = Network(policy, batches[0], self.device, graph_folder(policy))
        predictor = make_predictor(self.precision, network)
        if self.steps is not None:
            # The two names that LeRobot's types have for it.
            policy.config.num_steps = policy.config.num_inference_steps = self.steps

        def predict() -> object:
            with torch.inference_mode():
                return predictor.predict_action_chunk(dict(batches[0]))

        def chunk(batch: Batch) -> Vector:
            torch.manual_seed(0)  # the same noise for every method
            with torch.inference_mode():
                found = predictor.predict_action_chunk(dict(batch))[0].float().cpu().numpy()
            return self._in_range(found)

        def actions() -> Vector:
            return np.stack([chunk(batch) for batch in batches])

        return Candidate(predict, actions, size_bytes(predictor))

    def _in_range(self, chunk: Vector) -> Vector:
        """Stretch -1 to 1 over the range of every joint; joints without an action stand."""
        joints = self.cell.joints
        lower, upper = (
            np.array([getattr(joint, end) for joint in joints]) for end in ('lower', 'upper')
        )
        shares = np.full((len(chunk), len(joints)), 0.5)
        moved = min(JOINTS, len(joints))
        shares[:, :moved] = 0.5 * (chunk[:, :moved] + 1.0)
        return np.asarray(lower + shares * (upper - lower))
