"""What happens to commands on their way to the motors: noise, delay, backlash, warm servos."""

import mujoco
import numpy as np
from vla_contract.values import Vector
from vla_sim_bridge.randomization.latency import Latency
from vla_sim_bridge.randomization.signals import SignalSettings
from vla_sim_bridge.randomization.term import random_stream

# Errors of actions are drawn for so many, more than an episode has; then they come round again.
_ACTIONS = 1024


class MotorPath:
    """Takes the controls that are sent, row by row, and returns those that the motors see."""

    def __init__(
        self,
        settings: SignalSettings,
        model: mujoco.MjModel,
        servos: Vector,
        at_rest: Vector,
        action_s: float,
        time_limit_s: float,
    ) -> None:
        """Prepare an episode.

        Args:
            settings: the episode's imperfections.
            model: its servos' gains drift with temperature, in place.
            servos: actuators of the arm, shape (n,).
            at_rest: controls of an arm that has not been moved yet, shape (nu,).
            action_s: period of the policy's actions [s].
            time_limit_s: when the servos are warm [s].
        """
        step_s = float(model.opt.timestep)
        self._step_s, self._steps = step_s, 0
        # Most worlds are nominal here, and four stages that do nothing cost a tenth of a step.
        self._is_nominal = settings.motors_are_nominal
        rng = random_stream(settings.seed, 'action_noise.episode')
        self._noise = ActionNoise(settings.action_noise, servos, action_s, rng)
        self._delay = ControlDelay(settings.control_latency, step_s, at_rest)
        self._backlash = Backlash(settings.backlash, servos, at_rest)
        self._drift = ThermalDrift(model, servos, settings.thermal_drift, time_limit_s)

    def pass_through(self, controls: Vector) -> Vector:
        """Return what reaches the motors while this is sent.

        Args:
            controls: one row per physics step, shape (K, nu).
        """
        if self._is_nominal:
            return controls
        self._drift.warm(self._steps * self._step_s)
        sent = self._noise.add(controls, self._steps, self._step_s)
        self._steps += len(controls)
        return self._backlash.pass_through(self._delay.pass_through(sent))


class ActionNoise:
    """Adds an error to each action, and the line between two of them to what lies between."""

    def __init__(
        self, std: float, servos: Vector, action_s: float, rng: np.random.Generator
    ) -> None:
        """Draw the errors of an episode [rad or m]; the first action is where the arm rests."""
        self._std, self._servos, self._action_s = std, servos, action_s
        if std > 0.0:
            self._errors = std * rng.standard_normal((_ACTIONS, len(servos)))
            self._errors[0] = 0.0

    def add(self, controls: Vector, first_step: int, step_s: float) -> Vector:
        """Return controls with noise, shape (K, nu), of the steps from `first_step` on."""
        if self._std == 0.0:
            return controls
        actions = (first_step + np.arange(len(controls))) * step_s / self._action_s
        before = actions.astype(np.intp)
        share = (actions - before)[:, None]
        errors = self._errors[before % _ACTIONS] * (1.0 - share)
        errors += self._errors[(before + 1) % _ACTIONS] * share
        noisy = controls.copy()
        noisy[:, self._servos] += errors
        return noisy


class ControlDelay:
    """Delays rows of controls by a latency that may change; never swaps two of them."""

    def __init__(self, latency: Latency, step_s: float, at_rest: Vector) -> None:
        """Begin with the controls of an arm at rest, shape (nu,)."""
        self._latency, self._step_s = latency, step_s
        self._is_prompt = round(latency.longest_s / step_s) == 0
        # The rows from the last one that came out on; row -1 is that of the arm at rest.
        self._rows, self._last = at_rest[None], -1

    def pass_through(self, controls: Vector) -> Vector:
        """Return the controls that reach the motors while these are sent, shape (K, nu).

        At step k comes what was sent at k - latency(k), unless something later has come already:
        then that is held.
        """
        if self._is_prompt or not len(controls):
            return controls
        rows = np.concatenate([self._rows, controls])
        steps = self._last + len(self._rows) + np.arange(len(controls))
        late = np.round(self._latency.at(steps * self._step_s) / self._step_s).astype(np.intp)
        sources = np.maximum.accumulate(np.maximum(steps - late, self._last))
        arrived: Vector = rows[sources - self._last]
        self._rows = rows[sources[-1] - self._last :]
        self._last = int(sources[-1])
        return arrived


class Backlash:
    """The play operator: a joint stays where it is until the motor has crossed its gap.

    Lost motion as tooth gaps of a gear have it, y' = min(max(y, u - b/2), u + b/2) (Visintin,
    Differential Models of Hysteresis, 1994, section II.2).
    """

    def __init__(self, gap: Vector, servos: Vector, at_rest: Vector) -> None:
        """Begin in the middle of the gaps, shape (n,) [rad or m]; empty for none."""
        self._servos, self._half = servos, gap / 2
        self._at = at_rest[servos].copy()

    def pass_through(self, controls: Vector) -> Vector:
        """Return where the joints are held, shape (K, nu)."""
        if not self._half.any():
            return controls
        held = controls.copy()
        for row, motors in zip(held, controls[:, self._servos], strict=True):
            self._at = np.minimum(np.maximum(self._at, motors - self._half), motors + self._half)
            row[self._servos] = self._at
        return held


class ThermalDrift:
    """Gains and force limits of warming servos change evenly with time, until they are warm.

    They are written once per command: over its 10 to 100 ms they hardly change.
    """

    def __init__(
        self, model: mujoco.MjModel, servos: Vector, share: float, warm_after_s: float
    ) -> None:
        """Remember the gains of this episode, which change by a share until they are warm."""
        self._model, self._servos = model, servos
        self._share, self._warm_after_s = share, warm_after_s
        self._cold = [field[servos].copy() for field in self._fields()]

    def _fields(self) -> tuple[Vector, Vector, Vector]:
        model = self._model
        return model.actuator_gainprm, model.actuator_biasprm, model.actuator_forcerange

    def warm(self, time_s: float) -> None:
        """Write the gains of a time since the episode began [s]."""
        if self._share:
            factor = 1.0 + self._share * min(time_s / self._warm_after_s, 1.0)
            for field, cold in zip(self._fields(), self._cold, strict=True):
                field[self._servos] = cold * factor
