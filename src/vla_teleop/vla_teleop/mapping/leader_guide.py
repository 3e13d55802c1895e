"""When the motors of a leader bring it to the arm: once, after a person has taken over."""

from collections.abc import Mapping

from vla_contract.values import Vector
from vla_teleop.devices.errors import BadReadingError
from vla_teleop.devices.reading import Reading
from vla_teleop.mapping.alignment import Offset
from vla_teleop.mapping.hand_over import HandOver, HandOverLimits
from vla_teleop.mapping.leader_joints import LeaderJoints


class LeaderGuide:
    """Leads a leader while the arm waits for it.

    It begins when a person may lead the arm and the leader is elsewhere, and is not tried again
    until the policy has commanded in between: after a doubt the leader is brought by hand.

    Attributes:
        goals: of the leader's motors, by its names; None to leave it limp.
        message: what it does, or why it was given up; '' for nothing.
    """

    def __init__(self, joints: LeaderJoints, limits: HandOverLimits) -> None:
        """Lead nothing yet."""
        self.goals: Mapping[str, float] | None = None
        self.message = ''
        self._joints, self._limits = joints, limits
        self._hand_over: HandOver | None = None
        self._is_done = False

    @property
    def is_leading(self) -> bool:
        """Whether the leader is led now: it says nothing about where the arm is to go."""
        return self.goals is not None

    def step(
        self,
        reading: Reading | None,
        arm: Vector,
        offset: Offset | None,
        may_lead: bool,
        is_leading: bool,
        now_ns: int,
    ) -> None:
        """Go on.

        Args:
            reading: newest of the leader; None for none.
            arm: where its joints are to be, shape (n,) [rad or m].
            offset: between both.
            may_lead: whether the person may lead the arm.
            is_leading: whether the person does.
            now_ns: time [ns].
        """
        self.goals = None
        if not may_lead:
            self._hand_over, self._is_done, self.message = None, False, ''
            return
        if is_leading:
            self._hand_over, self._is_done, self.message = None, True, ''
        if self._is_done:
            return
        leader = self._leader(reading)
        if leader is None:
            if self._hand_over is not None:
                self._end('found no reading of it')
            return
        if self._hand_over is None:
            if offset is None or offset.is_aligned:
                self._is_done = True
                return
            self._hand_over = HandOver(leader, self._limits, now_ns)
        goal = self._hand_over.step(leader, arm, now_ns)
        if goal is None:
            self._end(self._hand_over.doubt)
            return
        self.goals, self.message = self._joints.numbers(goal), 'the leader goes to the arm'

    def _leader(self, reading: Reading | None) -> Vector | None:
        try:
            return None if reading is None else self._joints.positions(reading.numbers)
        except BadReadingError:
            return None

    def _end(self, doubt: str) -> None:
        self._hand_over, self._is_done = None, True
        self.message = f'the leader is limp again: {doubt}' if doubt else ''
