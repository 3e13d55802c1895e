"""Options of the environment vla_deploy, as --env.NAME of LeRobot's commands."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv
from lerobot.configs import FeatureType, PolicyFeature
from lerobot.envs.configs import EnvConfig
from lerobot.envs.utils import freeze_after_episode_end
from lerobot.utils.constants import ACTION, OBS_ENV_STATE, OBS_STATE
from lerobot_env_vla_deploy.observation_keys import ENVIRONMENT, keys_of, STATE
from vla_contract.deployment.deployment import DEFAULT, load_deployment
from vla_contract.errors import SettingError
from vla_contract.schema import check_settings, setting
from vla_lerobot.instruction_embedding import ENCODERS, InstructionEncoder


@EnvConfig.register_subclass('vla_deploy')
@dataclass
class VlaDeployEnvConfig(EnvConfig):  # type: ignore[misc]
    """A deployment in the simulator, its numbers and images as its policy file says."""

    task: str | None = setting(None, doc="another task than the deployment's")
    fps: int = setting(0, doc='steps per second; 0 for the rate of the policy', unit='Hz', lower=0)
    deployment: str = setting(DEFAULT, doc='name under config/deployments, or path of a file')
    cell: str = setting('', doc="another cell than the deployment's")
    policy: str = setting(
        '',
        doc="another policy than the deployment's, for what numbers and images mean: policy file, "
        'or checkpoint with one',
    )
    randomization: str = setting('none', doc='name under config/randomization')
    filter: str = setting('default', doc='default, off, or a parameter file of action_filter')
    speed: float = setting(1.0, doc='share of the velocity limits', lower=0.01, upper=1.0)
    instruction_encoder: str = setting(
        '',
        doc='for policies that take the instruction as observation.environment_state',
        choices=('', *ENCODERS),
    )

    def __post_init__(self) -> None:
        """Say which numbers and images there are.

        Raises:
            VlaError: a name is unknown, a value out of range, or LeRobot cannot be given an image.
        """
        check_settings(self, '--env')
        policy = self._load().policy
        if self.fps not in (0, policy.rate_hz):
            allowed = f'{policy.rate_hz:g}, the rate of policy {policy.name}, or 0 for it'
            raise SettingError('--env', 'fps', str(self.fps), allowed)
        self.fps = round(policy.rate_hz)
        self.features = {
            ACTION: PolicyFeature(type=FeatureType.ACTION, shape=(len(policy.action_names),)),
            STATE: PolicyFeature(type=FeatureType.STATE, shape=(len(policy.state_names),)),
        }
        self.features_map = {ACTION: ACTION, STATE: OBS_STATE}
        for feature, key in keys_of(policy).items():
            shape = (*policy.image_sizes[feature], 3)
            self.features[key] = PolicyFeature(type=FeatureType.VISUAL, shape=shape)
            self.features_map[key] = feature
        if self.instruction_encoder:
            size = InstructionEncoder(self.instruction_encoder).size
            self.features[ENVIRONMENT] = PolicyFeature(type=FeatureType.ENV, shape=(size,))
            self.features_map[ENVIRONMENT] = OBS_ENV_STATE

    @property
    def gym_kwargs(self) -> dict[str, Any]:
        """Arguments of one environment."""
        names = ('deployment', 'cell', 'policy', 'randomization', 'filter', 'speed')
        own = {name: getattr(self, name) for name in (*names, 'instruction_encoder')}
        return {**own, 'task': self.task or ''}

    def create_envs(
        self, n_envs: int, use_async_envs: bool = False
    ) -> dict[str, dict[int, VectorEnv[Any, Any, Any]]]:
        """Return environments that run together, each in a process of its own if asked for.

        One that is over waits for the others: LeRobot counts nothing of what comes after.
        """
        from lerobot_env_vla_deploy.environment import VlaDeployEnv

        make = [freeze_after_episode_end(partial(VlaDeployEnv, **self.gym_kwargs))] * n_envs
        vector: VectorEnv[Any, Any, Any]
        mode = AutoresetMode.NEXT_STEP
        if use_async_envs and n_envs > 1:
            vector = AsyncVectorEnv(make, context='forkserver', autoreset_mode=mode)
        else:
            vector = SyncVectorEnv(make, autoreset_mode=mode)
        return {self.type: {0: vector}}

    def _load(self) -> Any:
        return load_deployment(
            self.deployment, cell=self.cell, policy=self.policy, task=self.task or ''
        )
