"""What the simulator's arm does with recorded commands, as a function of its physics."""

from dataclasses import dataclass

import mujoco
from mujoco.rollout import rollout
import numpy as np
from vla_contract.deployment.deployment import Deployment
from vla_contract.values import Vector
from vla_identification.motion_recording import MotionRecording
from vla_sim_bridge.physics.drive import Drive
from vla_sim_bridge.randomization.motor_path import Backlash
from vla_sim_bridge.randomization.randomization import (
    known_terms,
    NOTHING,
    RandomizationConfig,
    Randomizer,
)
from vla_sim_bridge.randomization.terms.physics import PHYSICS_TERMS
from vla_sim_bridge.randomization.terms.signal import SIGNAL_TERMS
from vla_sim_bridge.scene.object_settings import movable
from vla_sim_bridge.scene.robot_spec import place_mimics, ROBOT
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import simulated_task

Values = dict[str, Vector]
_STATE = mujoco.mjtState.mjSTATE_FULLPHYSICS
_POSE = 7
# Terms that a replay of motion can show.
_MOTION_TERMS = {term.name for term in (*PHYSICS_TERMS, *SIGNAL_TERMS)} - {'joint_noise_seed'}


@dataclass(frozen=True, eq=False)
class Simulated:
    """What a simulated motion would have been recorded as.

    Attributes:
        measured: joint positions at the recording's `measured_s`, shape (M, D) [rad or m].
        object_pose: pose of the object at its `object_s`, shape (K, 7) [m, wxyz].
    """

    measured: Vector
    object_pose: Vector


class ArmSimulator:
    """Replays recordings open loop: the same commands, the physics that randomisation terms say.

    It is the episode of `vla_sim_bridge.scene.world` without its task: the same model, servos,
    terms, delay and backlash. Two things differ, so that the motion is a smooth function of the
    numbers: delays are not rounded to physics steps, and an arm in free space has no contacts.
    """

    def __init__(self, deployment: Deployment) -> None:
        """Compile the model of a deployment; of its policy nothing is used.

        Raises:
            ContractError, SimError, ResourceNotFoundError: as `build_model`.
        """
        config = simulated_task(deployment.task)
        self.cell = cell = deployment.cell
        self.model = build_model(deployment)
        self.arm = np.array(cell.arm)
        self._data = mujoco.MjData(self.model)
        objects = movable(config.objects)
        self._randomizer = Randomizer(self.model, cell, NOTHING, objects)
        self._drive = Drive(self.model, cell)
        self._step_s = config.physics_step_s
        self._period_s = 1.0 / cell.rates.filter_hz
        names = [ROBOT + joint.model_joint for joint in cell.joints]
        self._qpos = np.array([self.model.joint(name).qposadr[0] for name in names])
        self._object = int(self.model.joint(objects[0]).qposadr[0])

    def simulate(self, recording: MotionRecording, values: Values) -> Simulated:
        """Return what the arm does when it is sent the recording's commands.

        Args:
            recording: joints in the cell's order; the arm begins at rest, where it was
                measured first.
            values: name of a randomisation term to its numbers.

        Raises:
            UnknownNameError, SimError: a term is unknown or has another number of numbers.
        """
        self._randomizer.apply(values, seed=0)
        has_object = len(recording.object_s) > 0
        flag = int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
        flags = self.model.opt.disableflags
        self.model.opt.disableflags = flags & ~flag if has_object else flags | flag
        controls = self._controls(recording)
        start = self._start(recording)[None]
        states, _ = rollout(self.model, self._data, start, controls[None])
        # A state begins with its time.
        qpos = np.concatenate([start, states[0]])[:, 1 : 1 + self.model.nq]
        times_s = recording.measured_s[0] + self._step_s * np.arange(len(qpos))
        measured = _resample(times_s, qpos[:, self._qpos], recording.measured_s)
        measured += self._encoder_offset()
        object_qpos = qpos[:, self._object : self._object + _POSE]
        return Simulated(measured, _resample(times_s, object_qpos, recording.object_s))

    def ends(self, config: RandomizationConfig) -> tuple[Values, Values]:
        """Return the lowest and the highest numbers of those terms that concern motion.

        Raises:
            SimError: a term has ranges for another arm.
        """
        stage, low, high = self._randomizer.stage, {}, {}
        stage.restore()
        for name, settings in config.terms.items():
            if name in _MOTION_TERMS:
                term = known_terms()[name]
                size = term.size(stage)
                ends = term.scaled(settings, config.difficulty, stage)
                low[name], high[name] = (np.array(np.broadcast_to(end, size)) for end in ends)
        return low, high

    def middle(self, config: RandomizationConfig) -> Values:
        """Return the middle of each range, of those terms that concern motion.

        Raises:
            SimError: a term has ranges for another arm.
        """
        low, high = self.ends(config)
        return {name: (low[name] + high[name]) / 2.0 for name in low}

    def _controls(self, recording: MotionRecording) -> Vector:
        """Return what reaches the motors at each physics step, shape (K, nu).

        A command is reached at the end of its period, as `World.step` has it, and arrives later
        by the latency.
        """
        signals = self._randomizer.stage.signals
        late_s = self._period_s + signals.control_latency_s + signals.action_delay_s
        first_s, last_s = recording.measured_s[[0, -1]]
        count = int(np.ceil((last_s - first_s) / self._step_s)) + 1
        sent_s = first_s + self._step_s * np.arange(1, count + 1) - late_s
        commands = _resample(recording.command_s, recording.command, sent_s)
        controls = self._drive.controls(commands)
        servos = self._randomizer.stage.arm_actuators
        return Backlash(signals.backlash, servos, controls[0]).pass_through(controls)

    def _start(self, recording: MotionRecording) -> Vector:
        """Return the state of an arm at rest where it was measured first."""
        data = self._data
        mujoco.mj_resetData(self.model, data)
        data.qpos[self._qpos] = recording.measured[0] - self._encoder_offset()
        place_mimics(self.model, data, self.cell)
        if len(recording.object_s):
            data.qpos[self._object : self._object + _POSE] = recording.object_pose[0]
        state = np.empty(mujoco.mj_stateSize(self.model, _STATE))
        mujoco.mj_getState(self.model, data, state, _STATE)
        return state

    def _encoder_offset(self) -> Vector:
        offset = np.zeros(len(self._qpos))
        signals = self._randomizer.stage.signals
        if len(signals.encoder_offset):
            offset[self.arm] = signals.encoder_offset
        return offset


def _resample(times_s: Vector, values: Vector, at_s: Vector) -> Vector:
    """Interpolate each column linearly; held before the first time and after the last."""
    columns = [np.interp(at_s, times_s, column) for column in values.T]
    return np.array(columns).T.reshape(len(at_s), values.shape[1])
