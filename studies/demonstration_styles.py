"""Good demonstrations as different people and machines record them, from the simulator."""

from dataclasses import dataclass

import numpy as np
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import to_ns
from vla_contract.vectors.vector_codec import VectorCodec
from vla_lerobot.features import FeatureEncoder, STATE
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.demonstrations.demonstrator import Demonstrator
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

_LONGEST_S = 12.0


@dataclass(frozen=True)
class Style:
    """How demonstrations are made.

    Attributes:
        name: in tables.
        randomization: of the world.
        noise_rad: on the executed command, not in the recorded action [rad].
        missed_share: share of episodes that begin with a missed grasp.
        speed: of the arm, 1 for the expert's.
        wander_rad: smooth deviation of a hand that leads the arm [rad].
        pauses: how often in a hundred frames the hand rests, for 3 to 8 frames.
        repeated: share of images that came too late, so that the one before was recorded.
    """

    name: str
    randomization: str = 'none'
    noise_rad: float = 0.015
    missed_share: float = 0.25
    speed: float = 1.0
    wander_rad: float = 0.0
    pauses: float = 0.0
    repeated: float = 0.0

    @property
    def is_of_expert(self) -> bool:
        """Whether `vla dataset record-sim` records it."""
        return self.speed == 1.0 and not (self.wander_rad or self.pauses or self.repeated)


STYLES = (
    Style('expert'),
    Style('noisy', noise_rad=0.04),
    Style('slow', speed=0.4, noise_rad=0.0),
    Style('teleoperated', speed=0.5, noise_rad=0.0, wander_rad=0.02, pauses=6.0),
    Style('real time', repeated=0.05, speed=0.8, noise_rad=0.005),
    Style('randomised', randomization='tutorial'),
    Style('missed', missed_share=1.0),
    Style('randomised slowly', randomization='training', speed=0.5, wander_rad=0.01, pauses=3.0),
    Style('cheap camera', randomization='pseudo_real_c'),
    Style('exact', noise_rad=0.0, missed_share=0.0),
)


@dataclass
class Take:
    """One recorded episode in the policy's order.

    Attributes:
        state: shape (T, D).
        action: shape (T, D).
        images: feature of the camera to its images, each of shape (T, H, W, 3) uint8.
    """

    state: np.ndarray
    action: np.ndarray
    images: dict[str, np.ndarray]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.state)


class Recorder:
    """Records successful episodes in one style."""

    def __init__(self, style: Style) -> None:
        """Build the world."""
        self._style = style
        deployment = load_deployment(overrides={'task.time_limit_s': _LONGEST_S})
        self._world = World(deployment, load_randomization(style.randomization))
        self._demonstrator = Demonstrator(self._world, style.noise_rad, style.missed_share)
        kinematics = ArmKinematics(self._world.model, deployment.cell)
        self._expert = ScriptedExpert(deployment, kinematics)
        self._renderer = CameraRenderer(self._world)
        self._encode = FeatureEncoder(deployment)
        self._codec = VectorCodec(deployment)
        self._period_ns = to_ns(1.0 / deployment.policy.rate_hz)
        self._steps = round(_LONGEST_S * deployment.policy.rate_hz)

    def take(self, seed: int) -> Take | None:
        """Record a seed; None where the expert fails."""
        if self._style.is_of_expert:
            demonstration = self._demonstrator.record(seed)
            return demonstration and _joined(demonstration.frames)
        self._world.reset(seed)
        frames = self._led(np.random.default_rng(seed))
        return _joined(frames) if self._world.success else None

    def _led(self, rng: np.random.Generator) -> list[dict]:
        """Lead the arm as a person does: slowly, not straight, with pauses."""
        world, style = self._world, self._style
        arm = list(world.cell.arm)
        wander, resting, command = np.zeros(len(arm)), 0, world.command
        frames: list[dict] = []
        for _ in range(self._steps):
            seen = world.observe(self._renderer.render)
            resting = max(0, resting - 1) or rng.integers(3, 9) * (
                rng.uniform() < style.pauses / 100
            )
            if not resting:
                wanted = self._expert.plan(seen.state, seen.extras, horizon=1)[0]
                command = wanted.copy()
                command[arm] = seen.state[arm] + style.speed * (wanted[arm] - seen.state[arm])
                wander = 0.8 * wander + 0.6 * rng.normal(0.0, style.wander_rad, len(arm))
                command[arm] += style.speed * wander
            action = self._codec.encode_steps(command, seen.state).astype(np.float32)
            frame = {**self._encode(seen), 'action': action}
            if frames and rng.uniform() < style.repeated:
                frame |= {key: frames[-1][key] for key in frame if key.startswith('observation.i')}
            frames.append(frame)
            executed = command.copy()
            executed[arm] += rng.normal(0.0, style.noise_rad, len(arm))
            world.step(executed, self._period_ns)
            if world.success:
                break
        return frames


def _joined(frames: list[dict]) -> Take:
    arrays = {
        name: np.stack([frame[name] for frame in frames]) for name in frames[0] if name != 'task'
    }
    state, action = arrays.pop(STATE), arrays.pop('action')
    return Take(state, action, arrays)


def record_set(style: Style, episodes: int, first_seed: int) -> list[Take]:
    """Record the first successful seeds."""
    recorder, takes, seed = Recorder(style), [], first_seed
    while len(takes) < episodes:
        take = recorder.take(seed)
        seed += 1
        if take is not None:
            takes.append(take)
        if seed - first_seed > 4 * episodes + 10:
            raise RuntimeError(f'style {style.name}: {len(takes)} of {seed - first_seed} succeed')
    return takes
