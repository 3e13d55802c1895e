"""Terms of latency, of what the motors do with commands, and of what the encoders say."""

from collections.abc import Callable

from vla_contract.values import Vector
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import NUMBERS, Term


def _zero(stage: Stage) -> float:
    return 0.0


def _per_joint(stage: Stage) -> int:
    return len(stage.arm_dofs)


def _milliseconds(field: str) -> Callable[[Stage, Vector], None]:
    """Return what sets a time of the signals."""

    def apply(stage: Stage, values: Vector) -> None:
        setattr(stage.signals, field, 1e-3 * float(values[0]))

    return apply


def _number(field: str, kind: type = float) -> Callable[[Stage, Vector], None]:
    """Return what sets a number of the signals."""

    def apply(stage: Stage, values: Vector) -> None:
        setattr(stage.signals, field, kind(values[0]))

    return apply


def _joints(field: str) -> Callable[[Stage, Vector], None]:
    """Return what sets a number per joint of the signals."""

    def apply(stage: Stage, values: Vector) -> None:
        setattr(stage.signals, field, values)

    return apply


def _action_delay(stage: Stage, values: Vector) -> None:
    stage.signals.action_delay_s = float(values[0]) * stage.command_period_s


def _observation_delay(stage: Stage, values: Vector) -> None:
    stage.signals.observation_delay_s = float(values[0]) * stage.frame_period_s


SIGNAL_TERMS = (
    Term('control_latency', 'ms', 'set', _milliseconds('control_latency_s'),
         'from a command to its effect', neutral=_zero, limits=(0.0, 1000.0)),
    Term('action_delay', 'frames', 'set', _action_delay,
         'more of it, in periods of commands (rates.filter_hz)', neutral=_zero,
         limits=(0.0, 100.0)),
    Term('control_jitter', 'ms', 'set', _milliseconds('control_jitter_s'),
         'largest extra of it, drawn anew every 0.1 s or so', neutral=_zero, limits=(0.0, 1000.0)),
    Term('vision_latency', 'ms', 'set', _milliseconds('vision_latency_s'),
         'from capture to delivery of an image', neutral=_zero, limits=(0.0, 5000.0)),
    Term('observation_delay', 'frames', 'set', _observation_delay,
         'more of it, in periods of images (rate_hz)', neutral=_zero, limits=(0.0, 100.0)),
    Term('vision_jitter', 'ms', 'set', _milliseconds('vision_jitter_s'),
         'largest extra of it, drawn anew every 0.1 s or so', neutral=_zero, limits=(0.0, 5000.0)),
    Term('action_noise', 'rad', 'set', _number('action_noise'),
         'deviation of the error of each action', neutral=_zero, limits=(0.0, 1.0)),
    Term('backlash', 'rad', 'set', _joints('backlash'), 'play of each joint', _per_joint, _zero,
         limits=(0.0, 0.5)),
    Term('thermal_drift', '', 'set', _number('thermal_drift'),
         "change of the servos' gains until the time limit", neutral=_zero, limits=(-0.9, 1.0)),
    Term('encoder_offset', 'rad', 'add', _joints('encoder_offset'),
         'constant error of each reading', _per_joint, limits=(-1.0, 1.0)),
    Term('encoder_drift', 'rad/s', 'add', _joints('encoder_drift'),
         'growth of the error of each reading', _per_joint, limits=(-0.1, 0.1)),
    Term('joint_noise', 'rad', 'set', _number('joint_noise'), 'wandering error of readings',
         neutral=_zero, limits=(0.0, 1.0)),
    Term('joint_noise_seed', '', 'set', _number('noise_seed', int), 'seed of that error',
         limits=NUMBERS, needs=('joint_noise',)),
)  # fmt: skip
