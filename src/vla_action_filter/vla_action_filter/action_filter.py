"""The pipeline between a policy and a motor: check, play, smooth, limit; hold, stop, latch.

Nothing here raises in operation. Whatever comes in, the command stays inside the limits
of robot and workspace, starts where the arm stands and changes only by bounded acceleration.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_action_filter.cycle_counts import CycleCounts
from vla_action_filter.operator.pressed_stop import PLAIN, PressedStop
from vla_action_filter.output.commanded_motion import CommandedMotion
from vla_action_filter.output.output_gate import OutputGate
from vla_action_filter.output.standing_arm import StandingArm
from vla_action_filter.plan.chunk_log import ChunkLog
from vla_action_filter.plan.plan import Plan
from vla_action_filter.sources.shared_command import SharedCommand
from vla_action_filter.state_machine import StateMachine
from vla_action_filter.verdict import FilterResult, Output, State
from vla_action_filter.watchdogs.hold_reasons import HoldReasons
from vla_action_filter.watchdogs.watchdogs import Watchdogs
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import (
    ChunkFault,
    NO_REASON,
    PlanProgress,
    Reason,
    ReasonCode,
    Verdict,
)
from vla_contract.recordings.events import TeleopEvent
from vla_contract.values import ActionChunk, JointSample, to_ns, Vector

# Cycles at rest after which nothing is sent: the last point is out, and once more in case of loss.
_QUIET_CYCLES = 10


class ActionFilter:
    """Turns chunks of desired joint positions into safe commands, one per period.

    Attributes:
        motion: what is commanded.
        sources: what a policy and a human want, and who of them commands which arm.
        chunk_log: which chunks of the policy were taken and refused.
        is_gripper_moving: whether fingers are still on their way to what was commanded; who sends
            the commands says so.
    """

    def __init__(self, cell: Cell, config: FilterConfig, approach_ns: int = 0) -> None:
        """Build the filter for a cell; call `step` at the robot's filter_hz.

        Args:
            cell: whose joints, workspace and deadlines hold.
            config: settings.
            approach_ns: how long controllers are given to come to where motion starts [ns].

        Raises:
            ContractError: a setting or the model does not fit the robot.
        """
        self.period_ns = to_ns(1.0 / cell.rates.filter_hz)
        self.motion = CommandedMotion(cell, config)
        self.sources = SharedCommand(cell, config)
        self.watchdogs = Watchdogs(cell, config)
        self.counters = CycleCounts()
        self.chunk_log = ChunkLog()
        self._dim = len(cell.joints)
        self._arm = np.array(cell.arm)
        self._ramp_ns = to_ns(config.rearm_ramp_s)
        self._machine = StateMachine()
        self._gate = OutputGate(approach_ns, _QUIET_CYCLES)
        self._outside = HoldReasons(config)
        self._standing = StandingArm(cell, config, self.motion, self.watchdogs)
        self.is_gripper_moving = False
        self._has_position = False
        self._stop = PressedStop()
        self._speed_scale = config.first_speed

    @property
    def state(self) -> State:
        """State of the filter."""
        return self._machine.state

    @property
    def plan(self) -> Plan:
        """The policy's chunks, played by time."""
        return self.sources.policy.plan

    @property
    def progress(self) -> PlanProgress | None:
        """Where in the policy's newest chunk the arm is; None while it does not follow one."""
        return self.sources.progress

    @property
    def is_moving(self) -> bool:
        """Whether a commanded joint of the arm has not come to rest."""
        return self._has_position and self.motion.is_moving

    def disarm(self) -> None:
        """Forget the chunk; the next fresh joint state arms anew.

        It arms where the controllers hold the arm, if that is known and near the measured
        position, and at the measured position otherwise.
        """
        self._machine.disarm()
        if self._has_position and self._gate.output is not Output.SILENT:
            self._standing.rest()
        self._has_position = False
        self._gate.restart()
        self._outside.restart()
        self.watchdogs.restart()
        self._forget_plan()

    def offer_joints(self, sample: JointSample) -> None:
        """Take a measurement; one that is not finite or of another size is dropped."""
        if len(sample.position) == self._dim and np.isfinite(sample.position).all():
            self.watchdogs.offer_joints(sample)
        else:
            self.counters['rejected_joint_states'] += 1

    def offer_chunk(self, chunk: ActionChunk, now_ns: int) -> str:
        """Take a chunk of the policy, or refuse it and say why; returns '' when taken."""
        refusal = self.sources.offer_policy(chunk, now_ns, self._command)
        if refusal:
            self.reject_chunk(refusal.reason, refusal.fault, chunk.stamp_ns)
            return refusal.reason
        self.counters['chunks'] += 1
        if self.plan.progress is not None:
            self.chunk_log.take(self.plan.progress.chunk)
        return ''

    def offer_teleop(self, wish: TeleopEvent, now_ns: int) -> str:
        """Take what a human wants, or refuse it and say why; returns '' when taken."""
        refusal = self.sources.offer_human(wish, now_ns, self._command)
        if refusal:
            self.reject_teleop(refusal.reason, refusal.fault)
            return refusal.reason
        self.counters['teleop_chunks'] += 1
        return ''

    def reject_teleop(self, reason: str, fault: ChunkFault) -> None:
        """Count a human's chunk that cannot be used; see `reject_chunk`."""
        self.counters['rejected_teleop_chunks'] += 1
        self.sources.human.refuse(reason, fault)

    def give(self, to_human: bool, groups: Sequence[str], now_ns: int) -> bool:
        """Give groups of joints to a human, or back to the policy; see `CommandedGroups.give`."""
        is_news = self.sources.groups.give(to_human, groups, now_ns)
        if is_news:
            self.counters['takeovers' if to_human else 'hand_backs'] += 1
        return is_news

    def reject_chunk(self, reason: str, fault: ChunkFault, stamp_ns: int) -> None:
        """Count a chunk that cannot be used; a jump, or several in a row, hold the arm.

        Args:
            reason: why, in a sentence.
            fault: why, for programs.
            stamp_ns: time of its observation; 0 where that could not be read [ns].
        """
        self.counters['rejected_chunks'] += 1
        self.chunk_log.refuse(stamp_ns, fault)
        self.sources.policy.refuse(reason, fault)

    def offer_action(self, position: Vector, duration_ns: int, now_ns: int) -> str:
        """Take a single action, due `duration_ns` from now; returns '' or why it is refused.

        The way there is a straight line from the present command.
        """
        start = np.array(position)
        if len(start) == self._dim:
            start[self._arm] = self.motion.position[self._arm]
        points = np.stack([start, position])
        return self.offer_chunk(ActionChunk(now_ns, max(1, duration_ns), points), now_ns)

    def offer_reference(self, position: Vector) -> None:
        """Take what the controllers say to hold, shape (D,) [rad or m], NaN for not known."""
        self._standing.offer_reference(position)

    def offer_watch(self, who: str, now_ns: int) -> None:
        """Take the heartbeat of somebody who watches the arm."""
        self._outside.hear_watch(who, now_ns)

    def set_conflict(self, reason: Reason) -> None:
        """Hold for a reason from outside, such as two policies on one topic; none resumes."""
        self._outside.set_conflict(reason)

    def set_e_stop(self, pressed: bool, reason: str = PLAIN) -> None:
        """Press or release the stop; pressing latches, releasing alone resumes nothing.

        Args:
            pressed: whether anybody presses.
            reason: what is said while it is pressed.
        """
        if self._stop.press(pressed, reason):
            self.counters['e_stops'] += 1
            self._machine.latch(PLAIN)

    def set_e_stop_missing(self, reason: str) -> None:
        """Latch, or refuse to arm, for a stop that nobody could press; '' for none such."""
        self._stop.missing = Reason(reason, ReasonCode.E_STOP)

    def reset(self, now_ns: int) -> str:
        """Leave a latched stop; returns '' or why not. Never moves the arm.

        The filter arms anew and waits for a new chunk. An arm in motion is not reset: commanding
        it to rest where it is would be a jump. The arm follows late, so it moves for a while after
        its command has come to rest.
        """
        if refusal := self._stop.refusal:
            return refusal
        is_sending = self._gate.output is Output.STREAM
        if self.is_moving or is_sending or not self.watchdogs.tracking.has_settled:
            return 'the arm has not come to rest'
        if problem := self.watchdogs.joint_problem(now_ns):
            return problem
        self._machine.reset()
        self.disarm()
        return ''

    def set_speed_scale(self, scale: float) -> bool:
        """Set the share of the velocity limits in use; refuses what is not in [0, 1]."""
        if not 0.0 <= scale <= 1.0:
            self.counters['rejected_speed_scales'] += 1
            return False
        self._speed_scale = scale
        return True

    def set_permitted_speed(self, share: float) -> None:
        """Play the plan no faster than the robot permits, a share from 0 to 1.

        It is no limit of velocities: a robot that is slowed down goes that share of any way.
        """
        self.sources.permit(share)

    def rejoin(self, position: Vector, velocity: Vector) -> None:
        """Go on from where the controllers have braked to or are to brake.

        Args:
            position: commanded joints, shape (D,) [rad or m].
            velocity: commanded speeds, shape (D,) [rad/s or m/s].
        """
        self.motion.rejoin(position, velocity)
        self.sources.rejoin()

    def step(self, now_ns: int, due_ns: int | None = None) -> FilterResult:
        """Compute the command of this period.

        Args:
            now_ns: time of the same clock that stamps joint states and chunks [ns].
            due_ns: when the arm is to be at the command; now without it [ns].
        """
        due_ns = now_ns if due_ns is None else due_ns
        fault = NO_REASON
        if self._has_position:
            fault = self.watchdogs.check(now_ns) or self._stop.missing
        if fault and self._machine.state is not State.STOPPED:
            self._machine.latch(fault)
            self.counters['stops'] += 1
        if self._machine.state is State.STOPPED:
            result = self._stopped()
        elif not self._has_position:
            result = self._arm_from_joints(now_ns)
        else:
            hold = self._reason_to_hold(now_ns)
            result = self._hold(hold, due_ns) if hold else self._follow(due_ns)
        if result.command is not None and result.verdict >= Verdict.HOLD:
            is_moving = self.motion.is_moving or self.is_gripper_moving
            before = self._gate.output
            self._gate.rest(is_moving, result.reason)
            if self._gate.output is Output.SILENT is not before:
                self._standing.rest()
        if self._gate.output is Output.SILENT:
            # Nothing is asked of the arm, so that nothing can be wrong with where it is.
            self.watchdogs.tracking.restart()
        elif result.command is not None:
            self.watchdogs.record(result.command)
        self.counters.cycle(result.verdict, self.sources.is_human)
        return replace(
            result,
            state=self._machine.state,
            output=self._gate.output,
            human=self.sources.groups.of_human,
        )

    def report(self) -> dict[str, object]:
        """Return what a status message should tell: counters, lag, margins of the watchdogs."""
        effort = self.watchdogs.effort
        return {
            **self.counters,
            'speed_scale': f'{self._speed_scale:.3f}',
            'permitted_speed': f'{self.plan.permitted_speed:.3f}',
            'added_lag_ms': 1000.0 * self.motion.longest_lag_s,
            'overruns': self.watchdogs.overruns,
            'solver_failures': self.motion.limiter.solver_failures,
            'tracking_error': self.watchdogs.tracking.error,
            'effort_share': effort.share if effort.is_available else None,
            'effort_not_measured': ' '.join(effort.unmeasured),
        }

    def where_held(self) -> Vector:
        """Return the position that the controllers hold, as far as is known, (D,) [rad or m]."""
        return self._standing.where_held()

    def brake(self) -> Vector:
        """Decelerate the arm within its limits and keep the fingers as they are."""
        return self.motion.brake()

    @property
    def _command(self) -> Vector | None:
        return self.motion.position if self._has_position else None

    def _forget_plan(self) -> None:
        self.sources.clear()
        self.motion.forget()

    def _arm_from_joints(self, now_ns: int) -> FilterResult:
        """Start at rest where the controllers hold the arm, or where it is."""
        sample = self.watchdogs.joints
        problem = self.watchdogs.joint_problem(now_ns) or self._stop.missing
        if sample is None or problem:
            return FilterResult(None, Verdict.HOLD, (problem,))
        self._standing.begin()
        self._has_position = True
        self._machine.arm()
        reason = Reason('arming', ReasonCode.ARMING)
        return FilterResult(self.motion.position, Verdict.HOLD, (reason,))

    def _stopped(self) -> FilterResult:
        self._forget_plan()
        reason = self._machine.latched_reason
        if reason == PLAIN:
            reason = self._stop.latched_reason
        if not self._has_position:
            return FilterResult(None, Verdict.LATCHED, (reason,))
        command = self.brake()
        verdict = Verdict.STOP if self.motion.is_moving else Verdict.LATCHED
        return FilterResult(command, verdict, (reason,))

    def _reason_to_hold(self, now_ns: int) -> Reason:
        if outside := self._outside.reason(now_ns):
            self.sources.clear_plans()
            return outside
        unserved = self.sources.serve(now_ns, self.motion.position)
        return unserved or self._gate.reason_to_wait(now_ns)

    def _hold(self, reason: Reason, due_ns: int) -> FilterResult:
        self._machine.hold()
        desired = self.sources.look(due_ns, self.motion.position)
        if self._gate.output is Output.SILENT and self._standing.follow_measured():
            self.counters['followed_cycles'] += 1
        return FilterResult(self.brake(), Verdict.HOLD, (reason,), desired=desired)

    def _follow(self, now_ns: int) -> FilterResult:
        """Move after the plan; `now_ns` is when the arm is to be there [ns]."""
        self._machine.follow(now_ns)
        command, velocity = self.motion.position, self.motion.velocity
        ahead = self.motion.ahead(self.sources.starts())
        ramp = self._machine.ramp(now_ns, self._ramp_ns)
        scale = self._speed_scale * ramp
        # At full speed, ramp or not, the plan is played by the clock.
        speed = scale if self._speed_scale < 1.0 else 1.0
        goal = self.sources.sample(now_ns, command, ahead, velocity, speed)
        reasons = self.motion.follow(goal.position, goal.velocity, scale, now_ns)
        if ramp < 1.0:
            reasons = [_of_ramp(reason) for reason in reasons]
        reasons += self.sources.groups.problems
        verdict = Verdict.CLAMP if reasons else Verdict.PASS
        return FilterResult(self.motion.position, verdict, tuple(reasons), desired=goal.desired)


def _of_ramp(reason: Reason) -> Reason:
    """Return a limit of speed as one of the ramp, others as they are."""
    if reason.code is not ReasonCode.VELOCITY:
        return reason
    return Reason(reason.replace('velocity ', 'ramp '), ReasonCode.RAMP)
