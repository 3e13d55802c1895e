"""The pipeline between a policy and a motor: check, play, smooth, limit; hold, stop, latch.

Nothing here raises in operation. Whatever comes in, the command stays inside the contract's
limits, starts at the measured position and changes only by bounded acceleration.
"""

from collections import Counter
from dataclasses import replace

import numpy as np
from vla_action_filter.chunk_player import ChunkPlayer
from vla_action_filter.config import FilterConfig
from vla_action_filter.gripper_gate import GripperGate
from vla_action_filter.joint_limiter import JointLimiter
from vla_action_filter.seam import Seam
from vla_action_filter.smoother import EmaSmoother
from vla_action_filter.verdict import FilterResult, Verdict
from vla_contract.contract import RobotContract
from vla_contract.values import ActionChunk, JointSample, to_ns, Vector

# A chunk from the future would be played late, a joint state from there would never grow stale;
# one second of clock difference is more than any synchronised pair of hosts has.
_FUTURE_NS = to_ns(1.0)


class ActionFilter:
    """Turns chunks of wished joint positions into safe commands, one per period."""

    def __init__(self, contract: RobotContract, config: FilterConfig) -> None:
        """Build the filter for a robot; call `step` at the contract's filter_hz."""
        self._deadlines = contract.deadlines
        dt = 1.0 / contract.rates.filter_hz
        self.period_ns = to_ns(dt)
        self._dim = len(contract.joints)
        self._names = contract.joint_names
        self._lower = np.array([joint.lower for joint in contract.joints])
        self._upper = np.array([joint.upper for joint in contract.joints])
        fractions = (config.velocity_fraction, config.acceleration_fraction)
        self._arm = {i: JointLimiter(contract.joints[i], dt, *fractions) for i in contract.arm}
        dwell_ns = to_ns(config.gripper_dwell_s)
        self._grippers = {i: GripperGate(contract.joints[i], dwell_ns) for i in contract.grippers}
        self._player = ChunkPlayer()
        self._seam = Seam(to_ns(config.fade_s), self._dim)
        self._is_new_chunk = False
        self._smoother = EmaSmoother(config.alpha)
        self._joints: JointSample | None = None
        self._armed = False
        self._pressed = False
        self._latched = False
        self._conflict = ''
        self._speed_scale = 1.0
        self._last_ns: int | None = None
        self._last_verdict = Verdict.HOLD
        self.counters: Counter[str] = Counter()

    @property
    def is_moving(self) -> bool:
        """Whether a commanded joint has not come to rest."""
        return self._armed and any(limiter.velocity != 0.0 for limiter in self._arm.values())

    def disarm(self) -> None:
        """Forget chunk and position; the next fresh joint state arms anew, from there."""
        self._armed = False
        self._joints = None
        self._last_ns = None
        self._player.clear()

    def offer_joints(self, sample: JointSample) -> None:
        """Take a measurement; one that is not finite or of another size is dropped."""
        if len(sample.position) == self._dim and np.isfinite(sample.position).all():
            self._joints = sample
        else:
            self.counters['rejected_joint_states'] += 1

    def offer_chunk(self, chunk: ActionChunk, now_ns: int) -> str:
        """Take a chunk, or refuse it and say why; returns '' when taken."""
        reason = ''
        if chunk.positions.shape[1] != self._dim:
            reason = f'chunk has {chunk.positions.shape[1]} joints, not {self._dim}'
        elif not np.isfinite(chunk.positions).all():
            reason = 'chunk is not finite'
        elif chunk.stamp_ns > now_ns + _FUTURE_NS:
            reason = 'chunk is from the future'
        elif not self._player.offer(self._clipped(chunk)):
            reason = 'chunk is older than the one in use'
        else:
            self._is_new_chunk = True
        self.counters['rejected_chunks' if reason else 'chunks'] += 1
        return reason

    def offer_action(self, position: Vector, duration_ns: int, now_ns: int) -> str:
        """Take a single action, due `duration_ns` from now; returns '' or why it is refused.

        The way there is a straight line from the present command.
        """
        start = np.array(position)
        for i, limiter in self._arm.items():
            start[i : i + 1] = limiter.position
        points = np.stack([start, position])
        return self.offer_chunk(ActionChunk(now_ns, max(1, duration_ns), points), now_ns)

    def set_conflict(self, reason: str) -> None:
        """Hold for a reason from outside, such as two policies on one topic; '' resumes."""
        self._conflict = reason

    def _clipped(self, chunk: ActionChunk) -> ActionChunk:
        """Move points outside the position limits onto them, so that no number overflows."""
        positions = np.clip(chunk.positions, self._lower, self._upper)
        arm = list(self._arm)
        if not np.array_equal(positions[:, arm], chunk.positions[:, arm]):
            self.counters['clipped_chunks'] += 1
        return replace(chunk, positions=positions)

    def set_e_stop(self, pressed: bool) -> None:
        """Press or release the stop; pressing latches, releasing alone resumes nothing."""
        if pressed and not self._latched:
            self.counters['e_stops'] += 1
        self._pressed = pressed
        self._latched = self._latched or pressed

    def reset(self) -> str:
        """Leave a latched stop; returns '' or why not. Never moves the arm.

        The filter arms anew at the next measured position and waits for a new chunk. An arm in
        motion is not reset: commanding it to rest where it is would be a jump.
        """
        if self._pressed:
            return 'e_stop is still pressed'
        if self.is_moving:
            return 'the arm has not come to rest'
        self._latched = False
        self.disarm()
        return ''

    def set_speed_scale(self, scale: float) -> bool:
        """Set the share of the velocity limits in use; refuses what is not in [0, 1]."""
        if not 0.0 <= scale <= 1.0:
            self.counters['rejected_speed_scales'] += 1
            return False
        self._speed_scale = scale
        return True

    def step(self, now_ns: int) -> FilterResult:
        """Compute the command of this period.

        Args:
            now_ns: time of the same clock that stamps joint states and chunks [ns].
        """
        if not self._armed:
            return self._arm_from_joints(now_ns)
        hold = self._reason_to_hold(now_ns)
        self._last_ns = now_ns
        if hold is not None:
            verdict, reason = hold
            result = FilterResult(self.brake(), verdict, (reason,))
            # What was planned before a stop must not resume after it.
            self._smoother.reset()
        else:
            result = self._follow(now_ns)
        self._count(result.verdict)
        return result

    def _arm_from_joints(self, now_ns: int) -> FilterResult:
        """Start at rest where the arm is: the first command is the measured position."""
        sample = self._joints
        if sample is None or now_ns - sample.stamp_ns > to_ns(self._deadlines.joint_state_age_s):
            return FilterResult(None, Verdict.HOLD, ('no joint_states',))
        for i, limiter in self._arm.items():
            limiter.reset(float(sample.position[i]))
        for i, gate in self._grippers.items():
            gate.reset(float(sample.position[i]))
        self._smoother.reset()
        self._armed = True
        return FilterResult(self.brake(), Verdict.HOLD, ('arming',))

    def _reason_to_hold(self, now_ns: int) -> tuple[Verdict, str] | None:
        if self._latched:
            self._player.clear()
            return Verdict.LATCHED, 'e_stop' if self._pressed else 'e_stop released, reset needed'
        if self._last_ns is not None and now_ns < self._last_ns:
            self._player.clear()
            return Verdict.STOP, 'clock went backwards'
        joints_age_ns = now_ns - self._joints.stamp_ns if self._joints else now_ns
        if joints_age_ns > to_ns(self._deadlines.joint_state_age_s):
            return Verdict.STOP, 'joint_states stale'
        if joints_age_ns < -_FUTURE_NS:
            return Verdict.STOP, 'joint_states from the future'
        if self._conflict:
            self._player.clear()
            return Verdict.HOLD, self._conflict
        if self._player.stamp_ns is None:
            return Verdict.HOLD, 'no chunk'
        if now_ns - self._player.stamp_ns > to_ns(self._deadlines.chunk_age_s):
            return Verdict.HOLD, 'chunk stale'
        return None

    def brake(self) -> Vector:
        """Decelerate every joint within its limits and keep the fingers as they are."""
        command = np.empty(self._dim)
        for i, limiter in self._arm.items():
            command[i] = limiter.step(limiter.position, 0.0, 0.0).position
        for i, gate in self._grippers.items():
            command[i] = gate.position
        return command

    def _follow(self, now_ns: int) -> FilterResult:
        sampled = self._player.sample(now_ns)
        if sampled is None:
            return FilterResult(self.brake(), Verdict.HOLD, ('no chunk',))
        wish, pace = sampled
        if self._is_new_chunk:
            self._begin_seam(now_ns, wish, pace)
        offset, drift = self._seam.offset(now_ns)
        target, velocity = self._smoother.smooth(wish + offset, pace + drift)
        command = np.empty(self._dim)
        reasons: list[str] = []
        for i, limiter in self._arm.items():
            step = limiter.step(float(target[i]), float(velocity[i]), self._speed_scale)
            command[i] = step.position
            if step.bound:
                reasons.append(f'{step.bound} {self._names[i]}')
        for i, gate in self._grippers.items():
            command[i] = gate.step(float(wish[i]), now_ns)
        return FilterResult(command, Verdict.CLAMP if reasons else Verdict.PASS, tuple(reasons))

    def _begin_seam(self, now_ns: int, wish: Vector, pace: Vector) -> None:
        """Anchor a new plan at the command, which is where the arm was told to be."""
        self._is_new_chunk = False
        position, velocity = wish.copy(), pace.copy()
        for i, limiter in self._arm.items():
            position[i], velocity[i] = limiter.position, limiter.velocity
        self._seam.begin(now_ns, position - wish, velocity - pace)
        # An average over two plans belongs to neither.
        self._smoother.reset()

    def _count(self, verdict: Verdict) -> None:
        self.counters['cycles'] += 1
        self.counters[f'{verdict.name.lower()}_cycles'] += 1
        if verdict is not Verdict.PASS and self._last_verdict is Verdict.PASS:
            self.counters['interventions'] += 1
        self._last_verdict = verdict
