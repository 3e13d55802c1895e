"""One LeRobot checkpoint for many robots: their observations go through the network together."""

from collections.abc import Sequence
from typing import Any

from vla_contract.policy import Policy
from vla_contract.values import ActionChunk, Observation
from vla_policy_server.backends.lerobot_policy import LeRobotPolicy
from vla_policy_server.backends.step_predictor import StepPredictor
from vla_policy_server.precision.evidence import REFERENCE
from vla_policy_server.precision.predictor import Batch, tensors

# Types that leave nothing behind. Others keep a plan (tdmpc), frames (lingbot_va) or a random
# generator (molmoact2), or are not of LeRobot: each robot gets its own.
_FORGETFUL_TYPES = frozenset(
    ('act', 'smolvla', 'pi0', 'pi05', 'pi0_fast', 'eo1', 'evo1', 'groot')
    + ('xvla', 'wall_x', 'vla_jepa')
    + ('diffusion', 'vqbet', 'multi_task_dit', 'gaussian_actor')
)
# Steps that treat every row of a batch by itself. Others may keep an observation between
# pre-processing and post-processing, as relative actions and GR00T's do.
_STEPS_OF_A_BATCH = frozenset(
    (
        'rename_observations_processor',
        'to_batch_processor',
        'device_processor',
        'normalizer_processor',
        'unnormalizer_processor',
        'tokenizer_processor',
        'smolvla_new_line_processor',
        'pi0_new_line_processor',
        'pi05_prepare_state_tokenizer_processor_step',
        'pi0_fast_prepare_state_tokenizer_processor_step',
    )
)
_RELATIVE_STEPS = ('relative_actions_processor', 'absolute_actions_processor')


class SharedLeRobotPolicy:
    """A LeRobot policy that remembers nothing from one chunk to the next."""

    needs_images = True
    needs_extras: tuple[str, ...] = ()

    def __init__(self, policy: LeRobotPolicy) -> None:
        """Share a loaded policy."""
        self._policy = policy
        self.earlier_steps = policy.earlier_steps
        self.takes_instruction = policy.takes_instruction
        self.can_continue = policy.can_continue
        checkpoint = policy.checkpoint
        steps = (*checkpoint.preprocess.steps, *checkpoint.postprocess.steps)
        # Exported graphs take one observation at a time, and so does `select_action`.
        takes_batches = policy.precision == REFERENCE and not isinstance(
            policy.predictor, StepPredictor
        )
        self._answers_together = takes_batches and all(map(_is_of_a_batch, steps))

    def infer(self, observation: Observation) -> ActionChunk:
        """Return one robot's chunk."""
        return self._policy.infer(observation)

    def infer_batch(self, observations: Sequence[Observation]) -> list[ActionChunk]:
        """Return each robot's chunk, as if it were alone."""
        # Each plan is another length, and guidance is for one observation.
        if not self._answers_together or any(seen.committed for seen in observations):
            return [self._policy.infer(observation) for observation in observations]
        import torch

        with torch.inference_mode():
            batches = [self._policy.prepare(observation) for observation in observations]
            if not _have_one_shape(batches):
                return [self._policy.infer(observation) for observation in observations]
            chunks = self._policy.predictor.predict_action_chunk(join(batches))
            return self._policy.complete(chunks, observations)

    def reset(self) -> None:
        """Nothing is remembered."""


def share(policy: Policy) -> Policy:
    """Return a policy that robots can share where that is possible, else the policy itself."""
    if not isinstance(policy, LeRobotPolicy):
        return policy
    kind = policy.checkpoint.network.config.type
    return SharedLeRobotPolicy(policy) if kind in _FORGETFUL_TYPES else policy


def _is_of_a_batch(step: Any) -> bool:
    name = getattr(type(step), '_registry_name', '')
    return name in _STEPS_OF_A_BATCH or (name in _RELATIVE_STEPS and not step.enabled)


def _have_one_shape(batches: Sequence[Batch]) -> bool:
    """Whether tensors can be joined: instructions are padded to the longest of their batch."""
    shapes = [{key: value.shape[1:] for key, value in tensors(b).items()} for b in batches]
    return all(shape == shapes[0] for shape in shapes)


def join(batches: Sequence[Batch]) -> Batch:
    """Return the pre-processed observations of several robots as one batch."""
    import torch

    joined: dict[str, Any] = dict(batches[0])
    for key, value in joined.items():
        if isinstance(value, torch.Tensor):
            joined[key] = torch.cat([batch[key] for batch in batches])
        elif isinstance(value, list):
            joined[key] = [entry for batch in batches for entry in batch[key]]
    return joined
