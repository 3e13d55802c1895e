"""A gripper on a controller of positions goes there within its limits, not in one step."""

from vla_action_filter.limits.braking import braking_speed
from vla_action_filter.limits.joint_bounds import ExactBounds
from vla_contract.deployment.robot import Joint


class GripperRamp:
    """Runs from position to position within a gripper's velocity and acceleration.

    For channels that stream positions; an action gets the goal itself.
    """

    def __init__(self, joint: Joint, dt: float) -> None:
        """Take the limits from a joint; `dt` is the filter period [s]."""
        self._bounds = ExactBounds([joint], dt)
        self._acceleration, self._dt = joint.acceleration, dt

    def reset(self, position: float) -> None:
        """Start at rest at a position [rad or m]."""
        self._bounds.reset([position])

    def rejoin(self, position: float, velocity: float) -> None:
        """Go on from a position [rad or m] with a speed [rad/s or m/s]."""
        self._bounds.rejoin([position], [velocity])

    @property
    def position(self) -> float:
        """Where it is [rad or m]."""
        return self._bounds.position[0]

    def step(self, target: float) -> float:
        """Return the position of the next period on the way to `target` [rad or m]."""
        distance = target - self._bounds.position[0]
        speed = braking_speed(abs(distance), self._acceleration, self._dt)
        (low,), (high,) = self._bounds.interval(1.0)
        self._bounds.apply([min(max(speed if distance > 0.0 else -speed, low), high)])
        return self._bounds.position[0]
