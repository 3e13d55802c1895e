"""LeRobot's types that are asked step by step: with queues of observations, or without chunks.

Diffusion, VQ-BeT, multi-task DiT and TD-MPC fill their queues in `select_action` alone, and
their `predict_action_chunk` reads what is there; the actor of SAC has single actions.
"""

from typing import Any

from vla_contract.errors import PolicyError
from vla_lerobot.features import ACTION
from vla_policy_server.precision.predictor import Batch, module_bytes

EARLIER = 'earlier'
"""Key in a batch of the batches before it, oldest first."""
_SINGLE_ACTIONS = ('gaussian_actor',)


class StepPredictor:
    """Asks a network through LeRobot's own `select_action`, for all steps that it would play.

    Queues are filled from the batch for every question, so that the answer depends on nothing
    that was asked before. The first step is the one that is due at the newest observation.

    Attributes:
        config: of the network.
        earlier_steps: how many observations before the newest the network looks at.
    """

    def __init__(self, network: Any) -> None:
        """Take a network in evaluation mode.

        Raises:
            PolicyError: it has actions that are no part of its vector.
        """
        self.config = network.config
        self._network = network
        observed = [queue.maxlen for key, queue in _queues(network).items() if key != ACTION]
        self.earlier_steps = max(observed, default=1) - 1
        if getattr(network.config, 'num_discrete_actions', None) is not None:
            raise PolicyError(
                f"policy type '{network.config.type}' has num_discrete_actions; allowed: None, "
                'every action as a number of the action vector'
            )

    @property
    def size_bytes(self) -> int:
        """Size of the weights [bytes]."""
        return module_bytes(self._network)

    def state_dict(self) -> dict[str, Any]:
        """Return the weights by name."""
        weights: dict[str, Any] = self._network.state_dict()
        return weights

    def predict_action_chunk(self, batch: Batch) -> Any:
        """Return the normalised steps, shape (B, T, A).

        Args:
            batch: the newest observation, with those before it under `EARLIER`.
        """
        import torch

        batch = dict(batch)
        queues = _queues(self._network)
        for queue in queues.values():
            queue.clear()
        for before in batch.pop(EARLIER, ()):
            queues[ACTION].append(None)  # with an action left, the network is not run
            self._network.select_action(dict(before))
        steps = [self._network.select_action(batch), *queues.get(ACTION, ())]
        return torch.stack(steps, dim=1)

    def reset(self) -> None:
        """Forget the running episode."""
        self._network.reset()


def is_asked_by_steps(network: Any) -> bool:
    """Whether a network has to be asked through `select_action`.

    Raises:
        PolicyError: it looks back in a way of its own, which nothing here fills.
    """
    config = network.config
    if any(key != ACTION for key in _queues(network)) or config.type in _SINGLE_ACTIONS:
        return True
    looked_at = getattr(config, 'observation_delta_indices', None) or [0]
    if min(looked_at) < 0:
        raise PolicyError(
            f"policy type '{config.type}' looks at {len(looked_at)} observations and keeps no "
            "queue of them; allowed: policies that look at one, or with LeRobot's queues "
            '(diffusion, vqbet, multi_task_dit)'
        )
    return False


def _queues(network: Any) -> dict[str, Any]:
    return getattr(network, '_queues', None) or {}
