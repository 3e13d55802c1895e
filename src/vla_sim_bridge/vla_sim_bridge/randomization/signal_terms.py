"""Terms of latency and of what the encoders say."""

from collections.abc import Callable

from vla_contract.values import Vector
from vla_sim_bridge.randomization.stage import Stage
from vla_sim_bridge.randomization.term import Term


def _zero(stage: Stage) -> float:
    return 0.0


def _milliseconds(field: str) -> Callable[[Stage, Vector], None]:
    """Return what sets a time of the signals."""

    def apply(stage: Stage, values: Vector) -> None:
        setattr(stage.signals, field, 1e-3 * float(values[0]))

    return apply


def _encoder_offset(stage: Stage, values: Vector) -> None:
    stage.signals.encoder_offset = values


def _joint_noise(stage: Stage, values: Vector) -> None:
    stage.signals.joint_noise = float(values[0])


def _joint_noise_seed(stage: Stage, values: Vector) -> None:
    stage.signals.noise_seed = int(values[0])


SIGNAL_TERMS = (
    Term('control_latency', 'ms', 'set', _milliseconds('control_latency_s'),
         'from a command to its effect', neutral=_zero),
    Term('vision_latency', 'ms', 'set', _milliseconds('vision_latency_s'),
         'from capture to delivery of an image', neutral=_zero),
    Term('encoder_offset', 'rad', 'add', _encoder_offset, 'constant error of each reading',
         lambda s: len(s.arm_dofs)),
    Term('joint_noise', 'rad', 'set', _joint_noise, 'wandering error of readings', neutral=_zero),
    Term('joint_noise_seed', '', 'set', _joint_noise_seed, 'seed of that error'),
)  # fmt: skip
