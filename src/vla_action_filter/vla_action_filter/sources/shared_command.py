"""Whose plan each arm follows, and what follows from that for every joint."""

from dataclasses import replace

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_action_filter.plan.plan import Refusal, Target
from vla_action_filter.sources.command_source import CommandSource, Silence
from vla_action_filter.sources.commanded_group import CommandedGroup
from vla_action_filter.sources.commanded_groups import CommandedGroups, Mask
from vla_action_filter.sources.standstill import Standstill
from vla_action_filter.verdict import Desired
from vla_contract.deployment.cell import Cell
from vla_contract.filter_status import (
    ChunkFault,
    NO_REASON,
    PlanProgress,
    Reason,
    ReasonCode,
)
from vla_contract.recordings.events import TeleopEvent
from vla_contract.values import ActionChunk, to_ns, Vector

HUMAN = 'human'


class SharedCommand:
    """Shares the arms of a cell out between a policy and a human, group by group.

    Both are heard all the time. A group follows the plan of who commands it; that of the other one
    goes on beside it. To whomever a group is given, it is joined to that plan from where it is
    commanded, without a step (`Plan.rejoin`). A group of which the source has nothing to follow
    brakes and stands, while others move on.

    Attributes:
        groups: who commands which joints.
        policy: what the policy wants.
        human: what the human wants.
    """

    def __init__(self, cell: Cell, config: FilterConfig) -> None:
        """Prepare for a cell; who commands first is in the settings."""
        dim = len(cell.joints)
        policy = Silence(
            Reason('no chunk', ReasonCode.NO_CHUNK),
            Reason('chunk stale', ReasonCode.CHUNK_STALE),
            to_ns(cell.deadlines.chunk_age_s),
        )
        human = Silence(
            Reason('no teleop_chunk', ReasonCode.NO_TELEOP),
            Reason('teleop_chunk stale', ReasonCode.NO_TELEOP),
            to_ns(config.teleop_age_s),
        )
        self.policy = CommandSource(cell, config, policy)
        # A hand sees where the arm goes, and is followed as fast as the limits allow. Its chunks
        # are shorter than any fade; an average over what it did before is no answer to it.
        direct = replace(config, seam='replace')
        self.human = CommandSource(cell, direct, human, has_seams=False)
        self.groups = CommandedGroups(cell, config.source == HUMAN)
        self._standstill = Standstill(cell, config)
        self._named: Mask = np.zeros(dim, dtype=bool)

    @property
    def is_human(self) -> bool:
        """Whether a human commands a group."""
        return bool(self.groups.of_human)

    @property
    def is_policy(self) -> bool:
        """Whether the policy commands a group."""
        return not all(group.is_human for group in self.groups)

    @property
    def progress(self) -> PlanProgress | None:
        """Where in its newest chunk the policy's plan is; None while no group follows it."""
        plan = self.policy.plan
        follows = any(
            not group.is_human and not group.not_fresh(plan.chunk) for group in self.groups
        )
        return plan.progress if follows else None

    def restart(self) -> None:
        """Give all groups to who commands first, and forget both plans."""
        self.groups.restart()
        self.clear()

    def offer_policy(
        self, chunk: ActionChunk, now_ns: int, command: Vector | None
    ) -> Refusal | None:
        """Take a chunk of the policy; see `CommandSource.offer`."""
        return self.policy.offer(chunk, now_ns, self._seen(command, is_human=False))

    def offer_human(
        self, wish: TeleopEvent, now_ns: int, command: Vector | None
    ) -> Refusal | None:
        """Take a chunk of the human.

        Args:
            wish: of some joints.
            now_ns: time of the clock of its stamp [ns].
            command: present command, shape (D,) [rad or m], None before there is one.
        """
        # Those of which nothing is said do not follow it.
        positions = np.zeros((len(wish.chunk.positions), len(wish.named)))
        positions[:, wish.named] = wish.chunk.positions
        seen = self._seen(command, is_human=True)
        if seen is not None:
            seen[~wish.named] = np.nan
        refusal = self.human.offer(replace(wish.chunk, positions=positions), now_ns, seen)
        if refusal is None:
            self._named = wish.named
        return refusal

    def serve(self, now_ns: int, command: Vector) -> Reason:
        """Find out which groups can be moved; return why none can, empty when one can.

        Args:
            now_ns: time [ns].
            command: present command, shape (D,) [rad or m].
        """
        for group in self.groups:
            source = self._source(group)
            problem = source.problem(now_ns) or self._unserved(group, source)
            if group.problem and not problem:
                problem = self._torn(group, now_ns, command)
            group.problem = problem
        problems = [group.problem for group in self.groups]
        if not all(problems):
            return NO_REASON
        self._standstill.forget()
        return problems[0]

    def starts(self) -> Mask:
        """Return for which joints the next sample is the first of a chunk, shape (D,)."""
        starts = np.zeros(len(self._named), dtype=bool)
        for source, columns in self._served():
            if source.plan.starts_new_chunk():
                starts |= columns
        return starts

    def sample(
        self, now_ns: int, command: Vector, ahead: Vector, velocity: Vector, speed: float
    ) -> Target:
        """Return what to move to; groups of which nothing can be followed stop.

        Args:
            now_ns: time [ns].
            command: present command, shape (D,) [rad or m].
            ahead: target of an arm that goes on as it does, shape (D,).
            velocity: its speed, shape (D,) [rad/s or m/s].
            speed: share of the velocity limits in use.
        """
        position = self._standstill.position(command, velocity)
        target = Target(None, position, np.zeros_like(position))
        asked = Desired(position.copy(), np.zeros_like(position), now_ns)
        for source, columns in self._served():
            if not columns.any():
                source.plan.look(now_ns)
                continue
            self._standstill.forget(columns)
            wanted = source.plan.sample(now_ns, ahead, velocity, columns, speed)
            target.position[columns] = wanted.position[columns]
            target.velocity[columns] = wanted.velocity[columns]
            if wanted.desired is not None:
                asked = _with(asked, wanted.desired, columns)
        return replace(target, desired=asked)

    def look(self, now_ns: int, command: Vector) -> Desired | None:
        """Return what is asked of an arm that is held; None where nobody asks for anything.

        The clocks of the plans go on.
        """
        asked = None
        looks = {source: source.plan.look(now_ns) for source in (self.human, self.policy)}
        for group in self.groups:
            source = self._source(group)
            desired = looks[source]
            if desired is not None and not self._unserved(group, source):
                asked = asked or Desired(command.copy(), np.zeros_like(command), now_ns)
                asked = _with(asked, desired, group.columns)
        return asked

    def permit(self, share: float) -> None:
        """Play no plan faster than a share of the clock's speed, from 0 to 1."""
        self.policy.plan.permit(share)
        self.human.plan.permit(share)

    def rejoin(self) -> None:
        """Join the plans to the command again: the arm has left them."""
        self.policy.plan.rejoin()
        self.human.plan.rejoin()

    def clear(self) -> None:
        """Forget both plans, and what of them was refused."""
        self.policy.clear()
        self.human.clear()
        self._standstill.forget()

    def clear_plans(self) -> None:
        """Forget both plans; what was refused goes on to hold."""
        self.policy.plan.clear()
        self.human.plan.clear()
        self._standstill.forget()

    def _source(self, group: CommandedGroup) -> CommandSource:
        return self.human if group.is_human else self.policy

    def _seen(self, command: Vector | None, is_human: bool) -> Vector | None:
        """Return the command of the joints that one commands, NaN for others, None for none."""
        if command is None:
            return None
        return np.where(self.groups.commanded(is_human), command, np.nan)

    def _served(self) -> tuple[tuple[CommandSource, Mask], ...]:
        """Return both sources with the joints that follow them; the policy's time counts."""
        served = self.groups.served
        return (self.human, served(is_human=True)), (self.policy, served(is_human=False))

    def _unserved(self, group: CommandedGroup, source: CommandSource) -> Reason:
        """Return why what the source wants is nothing for a group."""
        if group.is_human and not self._named[group.columns].all():
            return Reason(f'teleop_chunk without {group.name}', ReasonCode.NO_TELEOP)
        return group.not_fresh(source.plan.chunk)

    def _torn(self, group: CommandedGroup, now_ns: int, command: Vector) -> Reason:
        """Return why a group must not begin to follow a plan, empty when it may.

        A policy's chunks were compared with the command when they came. A hand is heard before it
        commands, wherever it is.
        """
        if not group.is_human:
            return NO_REASON
        jump = self.human.plan.jump(now_ns, np.where(group.columns, command, np.nan))
        if not jump:
            return NO_REASON
        self.human.refuse(jump, ChunkFault.JUMP)
        return self.human.problem(now_ns)


def _with(asked: Desired, more: Desired, columns: Mask) -> Desired:
    """Return what is asked, with that of one more source in its joints."""
    position = np.where(columns, more.position, asked.position)
    velocity = np.where(columns, more.velocity, asked.velocity)
    return Desired(position, velocity, more.plan_ns)
