"""joint_state_broadcaster of ros2_controllers 4.42: what it puts into joint_states."""

from array import array
from dataclasses import dataclass
import math

from sensor_msgs.msg import JointState
from support.fake_robot.arm import Arm
from vla_contract.ros.messages.stamps import to_time
from vla_contract.values import to_ns

_FIELDS = ('position', 'velocity', 'effort')


@dataclass(frozen=True)
class BroadcasterParameters:
    """One broadcaster: its joints, in its order, and the bad habits of its machine.

    Args:
        joints: in the order of the message.
        sorts_names: as with the parameters `joints` and `interfaces` empty and a robot description
            to filter by: model_.joints_ is a std::map (init_joint_data).
        rate_hz: of publishing, at most the controller manager's [Hz].
        no_velocity: joints without that state interface; their value is NaN.
        no_effort: likewise.
        foreign_joints: also in the message, not the arm's; they stand at 0 (extra_joints).
        stamps: `real`, `zero`, or `offset` with
        offset_s: added to the stamp, of a clock that is ahead (> 0) or behind [s].
    """

    joints: tuple[str, ...]
    sorts_names: bool = True
    rate_hz: float = 1000.0
    no_velocity: tuple[str, ...] = ()
    no_effort: tuple[str, ...] = ()
    foreign_joints: tuple[str, ...] = ()
    stamps: str = 'real'
    offset_s: float = 0.0


class JointStateBroadcaster:
    """Makes messages of what the arm measures."""

    def __init__(self, parameters: BroadcasterParameters, arm: Arm) -> None:
        self.parameters = parameters
        self.joints = parameters.joints
        self.is_active = False
        names = [*parameters.joints, *parameters.foreign_joints]
        self.names = sorted(names) if parameters.sorts_names else names
        self._arm = arm
        self._sources = {
            'position': arm.position, 'velocity': arm.velocity, 'effort': arm.effort,
        }  # fmt: skip
        missing = {'velocity': parameters.no_velocity, 'effort': parameters.no_effort}
        self._has = {
            field: [name not in missing.get(field, ()) for name in self.names] for field in _FIELDS
        }
        self._index = [
            arm.joints.index(name) if name in arm.joints else None for name in self.names
        ]
        self._period_ns = to_ns(1.0 / parameters.rate_hz)
        self._due_ns: int | None = None

    def activate(self) -> None:
        self.is_active = True

    def deactivate(self) -> None:
        self.is_active = False

    def update(self, time_ns: int) -> JointState | None:
        """Return the message that is due, if one is.

        Follows update() and init_joint_state_msg: position, velocity and effort are as long as
        the names, NaN (kUninitializedValue) where a joint has no such interface.
        """
        if self._due_ns is None:
            self._due_ns = time_ns
        if time_ns < self._due_ns:
            return None
        self._due_ns += ((time_ns - self._due_ns) // self._period_ns + 1) * self._period_ns
        msg = JointState(name=self.names)
        msg.header.frame_id = 'base_link'
        msg.header.stamp = to_time(self._stamp_ns(time_ns))
        for field in _FIELDS:
            setattr(msg, field, self._values(field))
        return msg

    def _values(self, field: str) -> array:
        source, has = self._sources[field], self._has[field]
        return array('d', [
            0.0 if index is None else source[index] if has[k] else math.nan
            for k, index in enumerate(self._index)
        ])  # fmt: skip

    def _stamp_ns(self, time_ns: int) -> int:
        if self.parameters.stamps == 'zero':
            return 0
        return time_ns + to_ns(self.parameters.offset_s)
