"""LeRobot's own path from an observation to an action, with its own copy of a checkpoint."""

from typing import Any

import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Observation
from vla_lerobot.images import fit_for_policy


class LeRobotLoop:
    """Does what `lerobot.common.control_utils.predict_action` does, once a period.

    Attributes:
        network: LeRobot's policy, which fills its queues itself.
    """

    def __init__(self, deployment: Deployment) -> None:
        from lerobot.configs import PreTrainedConfig
        from lerobot.policies.factory import get_policy_class, make_pre_post_processors

        source = deployment.policy.source
        config = PreTrainedConfig.from_pretrained(source)
        config.device = 'cpu'
        self.network = get_policy_class(config.type).from_pretrained(source, config=config)
        self._preprocess, self._postprocess = make_pre_post_processors(
            config,
            pretrained_path=source,
            preprocessor_overrides={'device_processor': {'device': 'cpu'}},
        )
        self._cameras = deployment.policy.cameras

    def reset(self) -> None:
        self.network.reset()
        self._preprocess.reset()
        self._postprocess.reset()

    def act(self, observation: Observation) -> Any:
        """Return the action that LeRobot would send, shape (A,)."""
        import torch

        with torch.inference_mode():
            action = self.network.select_action(self._prepare(observation))
            return self._postprocess(action)[0].numpy()

    def plan(self, observation: Observation) -> Any:
        """Return all that LeRobot plans when no action is left, shape (T, A)."""
        import torch

        batch = self._prepare(observation)
        queues = getattr(self.network, '_queues', {})
        with torch.inference_mode():
            if len(queues) == 1 or self.network.config.type == 'act':
                return self._postprocess(self.network.predict_action_chunk(batch))[0].numpy()
            if queues:
                queues['action'].clear()
            steps = [self.network.select_action(batch), *queues.get('action', ())]
            return np.stack([self._postprocess(step)[0].numpy() for step in steps])

    def _prepare(self, observation: Observation) -> Any:
        from lerobot.policies.utils import prepare_observation_for_inference
        import torch

        seen = {'observation.state': observation.state.astype(np.float32)}
        for camera in self._cameras:
            seen[camera.feature] = fit_for_policy(observation.images[camera.camera], camera)
        batch = prepare_observation_for_inference(
            seen, torch.device('cpu'), observation.instruction
        )
        return self._preprocess(batch)
