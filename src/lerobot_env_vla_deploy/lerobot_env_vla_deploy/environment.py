"""A deployment in the simulator, with the action filter before the arm, for gymnasium."""

from math import ceil
from typing import Any

import gymnasium
from gymnasium import spaces
from lerobot_env_vla_deploy.observation_keys import ENVIRONMENT, keys_of, nested, STATE
import numpy as np
from numpy.typing import NDArray
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import Image, Observation, to_ns
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.features import FeatureEncoder
from vla_lerobot.features import STATE as STATE_FEATURE
from vla_lerobot.instruction_embedding import InstructionEncoder
from vla_rollout.episodes.episode_loop import SUCCESS, termination_of, TIMEOUT
from vla_rollout.episodes.in_process.loop_builder import filter_config
from vla_rollout.episodes.in_process.stepped_loop import SteppedLoop
from vla_rollout.simulation.domains import load_domain
from vla_sim_bridge.scene.world import World

_NUMBERS: dict[str, Any] = {'low': -np.inf, 'high': np.inf, 'dtype': np.float32}


class VlaDeployEnv(gymnasium.Env[dict[str, Any], NDArray[np.float32]]):
    """Steps at the rate of the policy; the reward of success is 1, of all else 0.

    `info` has `is_success`, `termination` (success, timeout, stopped, or the failure that the
    world saw; '' while the episode goes on) and `stop_cause`.

    Attributes:
        task: name of the task.
    """

    metadata: dict[str, Any] = {'render_modes': ['rgb_array']}  # noqa: RUF012 - gymnasium's
    render_mode = 'rgb_array'

    def __init__(
        self,
        deployment: str,
        cell: str = '',
        policy: str = '',
        task: str = '',
        randomization: str = 'none',
        filter: str = 'default',  # noqa: A002 - the name of the option
        speed: float = 1.0,
        instruction_encoder: str = '',
    ) -> None:
        """Build the world.

        Args:
            deployment: name or path.
            cell: another cell than its own, '' for none.
            policy: another policy, for what numbers and images mean.
            task: another task.
            randomization: name under config/randomization.
            filter: default, off, or a parameter file of action_filter.
            speed: share of the velocity limits.
            instruction_encoder: name of what embeds the instruction, '' for nothing.

        Raises:
            VlaError: a name is unknown, or something cannot be built.
        """
        found = load_deployment(deployment, cell=cell, policy=policy, task=task)
        self._deployment, spoken = found, found.policy
        self._keys = keys_of(spoken)
        self._codec, self._encode = VectorCodec(found), FeatureEncoder(found)
        self._embedding = InstructionEncoder(instruction_encoder) if instruction_encoder else None
        self._loop = SteppedLoop(
            World(found, load_domain(randomization)), filter_config(filter), speed
        )
        self.metadata = {**self.metadata, 'render_fps': round(spoken.rate_hz)}
        self.task = found.task.name
        self._limit_s = found.task.time_limit_s
        self._max_episode_steps = ceil(self._limit_s * spoken.rate_hz)
        self._end_ns = 0
        self._seen: Observation | None = None
        seen: dict[str, spaces.Space[Any]] = {
            STATE: spaces.Box(shape=(len(spoken.state_names),), **_NUMBERS)
        }
        for feature, key in self._keys.items():
            size = spoken.image_sizes[feature]
            seen[key] = spaces.Box(0, 255, (*size, 3), np.uint8)
        if self._embedding:
            seen[ENVIRONMENT] = spaces.Box(shape=(self._embedding.size,), **_NUMBERS)
        self.observation_space = _space(nested(seen))
        self.action_space = spaces.Box(shape=(len(spoken.action_names),), **_NUMBERS)

    @property
    def task_description(self) -> str:
        """The instruction of this episode."""
        return self._loop.buffer.instruction

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin the episode of a seed, the same as that of `vla sim run`.

        Without a seed it is one that those before do not tell.
        """
        super().reset(seed=seed)
        chosen = int(self.np_random.integers(2**31)) if seed is None else seed
        manifest = self._loop.reset(chosen)
        self._end_ns = self._loop.world.time_ns + to_ns(self._limit_s)
        return self._look(), {**_info(), 'seed': manifest['seed']}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Let the arm go where an action wants it, for one period of the policy.

        Raises:
            PolicyError: the action has another width, or a number that is not finite.
        """
        if self._seen is None:
            raise gymnasium.error.ResetNeeded('call reset before step')
        joints = self._seen.state
        numbers = np.asarray(action, dtype=np.float64)
        [target] = self._codec.decode_steps(numbers[np.newaxis], joints[np.newaxis])
        situation = self._loop.step(target)
        ending = termination_of(situation, self._end_ns)
        is_timeout = ending == TIMEOUT
        info = _info(ending, situation.stop_cause)
        is_over = bool(ending) and not is_timeout
        return self._look(), float(ending == SUCCESS), is_over, is_timeout, info

    def render(self) -> Image:
        """Return what the first camera of the policy sees, as captured; black without one."""
        seen = next(iter(self._seen.images.values()), None) if self._seen else None
        camera = self._deployment.cell.cameras[0]
        return np.zeros((camera.height, camera.width, 3), np.uint8) if seen is None else seen

    def _look(self) -> dict[str, Any]:
        self._seen = seen = self._loop.observe()
        features = self._encode(seen)
        values = {self._keys[name]: features[name] for name in self._keys}
        values[STATE] = features[STATE_FEATURE]
        if self._embedding:
            values[ENVIRONMENT] = self._embedding.embed(seen.instruction)
        return nested(values)


def _info(termination: str = '', stop_cause: str = '') -> dict[str, Any]:
    return {
        'is_success': termination == SUCCESS,
        'termination': termination,
        'stop_cause': str(stop_cause),
    }


def _space(values: Any) -> spaces.Space[Any]:
    if isinstance(values, dict):
        return spaces.Dict({name: _space(value) for name, value in values.items()})
    found: spaces.Space[Any] = values
    return found
