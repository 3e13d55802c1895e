"""Limits of joints, each with where it comes from; what nobody says is guessed, and says so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
import math
from xml.etree import ElementTree

import mujoco
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree

URDF, MJCF = 'URDF', 'MJCF'
# Where nothing is said. Speeds are below those of all common arms and hands; a joint then reaches
# its speed in 0.4 s, and its acceleration in 20 ms, two cycles of a filter at 100 Hz.
_VELOCITY = {'revolute': 1.5, 'prismatic': 0.1}
_TO_SPEED_S, _TO_ACCELERATION_S = 0.4, 0.02
# Faster than any joint of an arm: a value in degrees or millimetres.
_FASTEST = {'revolute': 50.0, 'prismatic': 5.0}
# Joints without an end turn once either way: cables and cameras stand that.
_TURN = 2 * math.pi
# Effort that nothing tells: this many times what holds the arm stretched out.
_TIMES_GRAVITY = 3.0
_LEAST_EFFORT = {'revolute': 1.0, 'prismatic': 10.0}


@dataclass(frozen=True)
class Value:
    """A number and where it is from."""

    number: float
    source: str
    is_guessed: bool = False

    @property
    def note(self) -> str:
        """What stands beside the value."""
        return f'guessed: {self.source}' if self.is_guessed else self.source


@dataclass(frozen=True)
class JointLimits:
    """What one joint can do [rad or m, and per s, s2, s3; Nm or N]."""

    type: str
    lower: Value
    upper: Value
    velocity: Value
    acceleration: Value
    jerk: Value
    effort: Value
    is_endless: bool = False


@dataclass(frozen=True)
class Sources:
    """Where limits are looked for, the first that says something counts.

    Attributes:
        given: limits of joint_limits.yaml by joint.
        urdf: root of the URDF's XML, or None.
        gravity: torque or force that holds each joint against gravity where it is largest.
    """

    given: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    urdf: ElementTree.Element | None = None
    gravity: Mapping[int, float] = field(default_factory=dict)


def limits_of(tree: JointTree, joint: int, sources: Sources) -> JointLimits:
    """Return the limits of a joint of a model."""
    kind = 'prismatic' if tree.model.jnt_type[joint] == 2 else 'revolute'
    found: dict[str, Value] = {}
    for source, values in _said(tree, joint, sources):
        for what, number in values.items():
            if what not in found and _is_plausible(what, number, kind):
                found[what] = Value(number, source)
    lower, upper, is_endless = _range(found, kind)
    velocity = found.get('velocity') or Value(
        _VELOCITY[kind], 'nothing says it; slower than most joints', True
    )
    acceleration = found.get('acceleration') or Value(
        velocity.number / _TO_SPEED_S, f'top speed in {_TO_SPEED_S:g} s', True
    )
    jerk = found.get('jerk') or Value(
        acceleration.number / _TO_ACCELERATION_S,
        f'that acceleration in {_TO_ACCELERATION_S * 1e3:g} ms',
        True,
    )
    held = _TIMES_GRAVITY * sources.gravity.get(joint, 0.0)
    effort = found.get('effort') or Value(
        max(held, _LEAST_EFFORT[kind]),
        f'{_TIMES_GRAVITY:g} times what holds the arm against gravity',
        True,
    )
    return JointLimits(kind, lower, upper, velocity, acceleration, jerk, effort, is_endless)


def _range(found: Mapping[str, Value], kind: str) -> tuple[Value, Value, bool]:
    lower, upper = found.get('lower'), found.get('upper')
    if lower is not None and upper is not None and lower.number < upper.number:
        return lower, upper, False
    if kind == 'prismatic':
        return Value(0.0, 'nothing says it', True), Value(0.1, 'nothing says it', True), False
    source = 'the joint has no end; one turn either way'
    return Value(-_TURN, source, True), Value(_TURN, source, True), True


def _said(tree: JointTree, joint: int, sources: Sources) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield what each source says of a joint, the one that counts most first."""
    name = tree.name(joint)
    short = name.rsplit('/', 1)[-1]
    for known in (name, short):
        if known in sources.given:
            yield 'joint_limits.yaml', dict(sources.given[known])
    if sources.urdf is not None:
        yield URDF, _urdf_limits(sources.urdf, name)
    source = URDF if sources.urdf is not None else MJCF
    yield source, _model_limits(tree.model, joint)
    if joint in tree.motors:
        yield f'{MJCF}, its actuator', _motor_limits(tree.model, tree.motors[joint])


def _urdf_limits(urdf: ElementTree.Element, name: str) -> dict[str, float]:
    for joint in urdf.findall('joint'):
        limit = joint.find('limit')
        if joint.get('name') == name and limit is not None:
            keys = ('velocity', 'effort')
            return {key: float(limit.get(key, 'nan')) for key in keys}
    return {}


def _model_limits(model: mujoco.MjModel, joint: int) -> dict[str, float]:
    found = {}
    if model.jnt_limited[joint]:
        found['lower'], found['upper'] = map(float, model.jnt_range[joint])
    if model.jnt_actfrclimited[joint]:
        found['effort'] = float(model.jnt_actfrcrange[joint].max())
    return found


def _motor_limits(model: mujoco.MjModel, actuator: int) -> dict[str, float]:
    found = {}
    gear = abs(float(model.actuator_gear[actuator, 0]))
    low, high = model.actuator_ctrlrange[actuator].tolist()
    is_position = model.actuator_biastype[actuator] != int(mujoco.mjtBias.mjBIAS_NONE)
    if model.actuator_forcelimited[actuator]:
        found['effort'] = float(model.actuator_forcerange[actuator].max()) * gear
    elif model.actuator_ctrllimited[actuator] and not is_position:
        # A motor: its control is its torque.
        found['effort'] = high * gear * float(model.actuator_gainprm[actuator, 0])
    if model.actuator_ctrllimited[actuator] and is_position:
        found['lower'], found['upper'] = low, high
    return found


def _is_plausible(what: str, number: float, kind: str) -> bool:
    """Whether a value is one: 0 and infinity stand for nothing in many files."""
    if what in ('lower', 'upper'):
        return math.isfinite(number) and abs(number) < 1e3
    fastest = _FASTEST[kind] if what == 'velocity' else 1e6
    return math.isfinite(number) and 0.0 < number < fastest
