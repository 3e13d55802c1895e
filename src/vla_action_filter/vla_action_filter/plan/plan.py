"""What the policy wants now: the chunk in use, checked, played by time, joined without a step."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from vla_action_filter.config import FilterConfig
from vla_action_filter.plan.chunk_ensemble import ChunkEnsemble
from vla_action_filter.plan.chunk_player import ChunkPlayer
from vla_action_filter.plan.paced_player import PacedPlayer
from vla_action_filter.plan.seam import Seam
from vla_action_filter.verdict import Desired
from vla_action_filter.watchdogs.watchdogs import FUTURE_NS
from vla_contract.chunk_curve import ChunkCurve
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import ChunkFault, PlanProgress, TakenChunk
from vla_contract.values import ActionChunk, NS_PER_S, to_ns, Vector

# What the seam of a lone step may ask of a joint's acceleration limit. It asks for the most at its
# two ends only, which the smoother takes off; joints that are asked for more overshoot, and go
# back. In other chunks the plan's own acceleration comes on top.
_LONE_PEAK = 1.3
# A fade shorter than the default gives way to what the joints can, up to the default.
_LONGEST_NS = to_ns(FilterConfig.fade_s)


@dataclass(frozen=True)
class Refusal:
    """Why a chunk was not taken; a jump demands a motion that no policy means."""

    reason: str
    fault: ChunkFault


@dataclass(frozen=True)
class Target:
    """What to move to in a cycle.

    Attributes:
        desired: what the plan asks for.
        position: the same joined to what the arm did before, shape (D,) [rad or m].
        velocity: its velocity, shape (D,) [rad/s or m/s].
    """

    desired: Desired | None
    position: Vector
    velocity: Vector


class Plan:
    """Takes or refuses chunks and answers with a target position and velocity for any time.

    Jumps fall into three bands. What the joints can do passes. What they cannot do quite is
    clamped downstream. A jump that would take longer than `reject_jump_s` at full speed is no
    motion any policy means: the chunk is refused whole, because creeping towards an anomaly
    arrives there as well.
    """

    def __init__(self, cell: Cell, config: FilterConfig, has_seams: bool = True) -> None:
        """Prepare for a robot; without seams every step to a new chunk is taken at once."""
        self._has_seams = has_seams
        self._dim = len(cell.joints)
        self._names = cell.joint_names
        self._arm, self._grippers = np.array(cell.arm), cell.grippers
        lower = np.array([joint.lower for joint in cell.joints])
        upper = np.array([joint.upper for joint in cell.joints])
        # Points outside are kept that far outside, so that they are seen and named, but no
        # further, so that no number overflows.
        self._low, self._high = lower - (upper - lower), upper + (upper - lower)
        self._speed = np.array([cell.joints[i].velocity for i in cell.arm])
        self._acceleration = config.acceleration_fraction * np.array(
            [cell.joints[i].acceleration for i in cell.arm]
        )
        self._reject_jump_s = config.reject_jump_s
        self._is_ensemble = config.seam == 'ensemble'
        self._player = PacedPlayer(
            cell,
            ChunkEnsemble(config.ensemble_decay, cell.grippers)
            if self._is_ensemble
            else ChunkPlayer(cell.grippers),
        )
        self._fade_ns = to_ns(config.fade_s if config.seam == 'fade' else 0.0)
        self._seam = Seam(self._dim)
        self._is_new = False

    @property
    def chunk(self) -> ActionChunk | None:
        """The newest chunk, None without one."""
        return self._player.chunk

    @property
    def progress(self) -> PlanProgress | None:
        """Where in the newest chunk the plan is, None without one."""
        player = self._player
        if player.chunk is None or player.played is None:
            return None
        chunk = TakenChunk(player.chunk.stamp_ns, player.played.stamp_ns)
        return PlanProgress(chunk, player.now_ns, player.plan_ns, player.rate)

    @property
    def permitted_speed(self) -> float:
        """Share of the clock's speed beyond which it is not played, from 0 to 1."""
        return self._player.permitted

    def permit(self, share: float) -> None:
        """Play no faster than a share of the clock's speed, from 0 to 1."""
        self._player.permitted = share

    def clear(self) -> None:
        """Forget everything."""
        self._player.clear()
        self._is_new = False

    def offer(self, chunk: ActionChunk, now_ns: int, command: Vector | None) -> Refusal | None:
        """Take a chunk, or refuse it and say why; None means taken.

        Args:
            chunk: any numbers whatever.
            now_ns: time of the same clock as the chunk's stamp [ns].
            command: present command, shape (D,) [rad or m], NaN for joints that do not follow;
                None before there is one.
        """
        if chunk.positions.shape[1] != self._dim:
            found = f'chunk has {chunk.positions.shape[1]} joints, not {self._dim}'
            return Refusal(found, ChunkFault.JOINTS)
        if not np.isfinite(chunk.positions).all():
            return Refusal('chunk is not finite', ChunkFault.NOT_FINITE)
        if chunk.stamp_ns > now_ns + FUTURE_NS:
            return Refusal('chunk is from the future', ChunkFault.FUTURE)
        newest = self._player.chunk
        if newest is not None and chunk.stamp_ns < newest.stamp_ns:
            return Refusal('chunk is older than the one in use', ChunkFault.OLDER)
        chunk = replace(chunk, positions=np.clip(chunk.positions, self._low, self._high))
        jump = self._jump(self._player.as_played(chunk), self._player.time(now_ns), command)
        if jump:
            return Refusal(jump, ChunkFault.JUMP)
        self._player.offer(chunk)
        self._is_new = True
        return None

    def jump(self, now_ns: int, command: Vector) -> str:
        """Name the joint that the newest chunk would tear away now, '' for none.

        Args:
            now_ns: time [ns].
            command: present command, shape (D,) [rad or m], NaN for joints that do not follow.
        """
        chunk = self._player.played
        return '' if chunk is None else self._jump(chunk, self._player.time(now_ns), command)

    def look(self, now_ns: int) -> Desired | None:
        """Return what the plan asks for at a time [ns] of an arm that is held; None for nothing.

        The clock goes on without consuming trajectory time.
        """
        sampled = self._player.sample(now_ns, is_held=True)
        return None if sampled is None else Desired(*sampled, self._player.plan_ns)

    def sample(
        self,
        now_ns: int,
        command: Vector,
        velocity: Vector,
        follow: NDArray[np.bool_],
        speed: float = 1.0,
    ) -> Target:
        """Return what to move to; without a chunk, to stay.

        Args:
            now_ns: time [ns].
            command: target of an arm that goes on as it does, to which a new chunk is joined,
                shape (D,).
            velocity: its speed, shape (D,).
            follow: which joints follow the plan, shape (D,); others have no part in the seam.
            speed: share of the velocity limits in use.
        """
        sampled = self._player.sample(now_ns, speed)
        if sampled is None:
            return Target(None, command, np.zeros(self._dim))
        desired, desired_velocity = sampled
        if self._is_new:
            offset, drift = np.zeros(self._dim), np.zeros(self._dim)
            joins = self._arm[follow[self._arm]]
            offset[joins] = (command - desired)[joins]
            drift[joins] = (velocity - desired_velocity)[joins]
            self._seam.begin(now_ns, offset, drift, self._join_ns(offset, drift))
            self._is_new = False
        rest, fading = self._seam.offset(now_ns)
        return Target(
            Desired(desired, desired_velocity, self._player.plan_ns),
            desired + rest,
            desired_velocity + fading,
        )

    def rejoin(self) -> None:
        """Join the plan to the command again at the next sample: the arm has left it."""
        self._is_new = self._player.chunk is not None

    def starts_new_chunk(self) -> bool:
        """Return whether the next sample is the first of a chunk that stands alone."""
        return self._is_new and not self._is_ensemble

    def _join_ns(self, offset: Vector, drift: Vector) -> int:
        """Return how long the command may take to come to the newest chunk [ns].

        Not longer than the chunk still moves, but for one period: a step that fades on while the
        chunk stands would be taken over by the next one unmade. A lone step is all way there; it
        is due one period after its observation, or half a period from now when it comes late.
        Neither is so short that the joints overshoot; what is taken at once takes that long too.
        """
        chunk, plan_ns = self._player.played, self._player.plan_ns
        if chunk is None or not self._has_seams:
            return 0
        is_lone = len(chunk.positions) == 1
        possible_ns = self._possible_ns(offset, drift, _LONE_PEAK if is_lone else 1.0)
        left_ns = chunk.end_ns - plan_ns
        if is_lone:
            return max(left_ns + chunk.period_ns, chunk.period_ns // 2, possible_ns)
        fade_ns = max(self._fade_ns, min(possible_ns, _LONGEST_NS))
        return min(fade_ns, max(left_ns, chunk.period_ns, possible_ns))

    def _possible_ns(self, offset: Vector, drift: Vector, peak: float) -> int:
        """Return the time in which the joints can fade an offset out [ns].

        The T of 6 |dp| / T^2 + 4 |dv| / T = a, the largest acceleration of a seam, or where that
        is more, of 1.5 |dp| / T = v.
        """
        most = peak * self._acceleration
        dp, dv = np.abs(offset[self._arm]), np.abs(drift[self._arm])
        times_s = (2 * dv + np.sqrt(4 * dv**2 + 6 * dp * most)) / most
        return to_ns(float(np.maximum(times_s, 1.5 * dp / self._speed).max()))

    def _jump(self, chunk: ActionChunk, now_ns: int, command: Vector | None) -> str:
        """Name the joint that a chunk would tear away, '' for none."""
        points = chunk.positions[:, self._arm]
        period_s = chunk.period_ns / NS_PER_S
        steps = np.abs(np.diff(points, axis=0)).max(axis=0, initial=0.0)
        too_far = steps > self._speed * (period_s + self._reject_jump_s)
        size = steps
        if command is not None:
            start, _ = ChunkCurve(chunk, self._grippers).sample(now_ns)
            offset = np.abs(start - command)[self._arm]
            too_far |= offset > self._speed * self._reject_jump_s
            size = np.maximum(size, offset)
        if not too_far.any():
            return ''
        worst = int(np.argmax(np.where(too_far, size / self._speed, 0.0)))
        return f'jump {self._names[self._arm[worst]]} of {size[worst]:.2f}'
