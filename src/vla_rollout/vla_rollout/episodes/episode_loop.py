"""How an episode ends, in simulation, on a running graph and on a robot alike."""

from dataclasses import dataclass
from typing import Protocol

from vla_rollout.episodes.control import Order

SUCCESS, TIMEOUT, STOPPED, OPERATOR = 'success', 'timeout', 'stopped', 'operator'
"""Terminations that are not the name of a failure of the task or of an order."""


@dataclass(frozen=True)
class Situation:
    """What decides whether an episode goes on.

    Attributes:
        time_ns: of the environment [ns].
        success: whether the task is done, by who can tell.
        failure: why the task can no longer be done, '' while it can.
        stop_cause: why the arm stands until somebody lets it go on, '' while it may move.
        order: what the operator wants, None for nothing.
    """

    time_ns: int
    success: bool = False
    failure: str = ''
    stop_cause: str = ''
    order: Order | None = None


@dataclass(frozen=True)
class Ending:
    """How an episode ended.

    Attributes:
        termination: success, timeout, stopped, the failure that was seen, or the operator's order;
            operator where that is a label.
        stop_cause: why the filter stopped the arm, '' when it did not.
        time_ns: when [ns].
    """

    termination: str
    stop_cause: str
    time_ns: int


class Environment(Protocol):
    """Where an episode happens: a simulator in this process, or a graph of nodes."""

    def advance(self) -> Situation:
        """Let a little time pass with the policy in charge; return how things are then."""


def drive(environment: Environment, end_ns: int) -> Ending:
    """Let the policy act until something or somebody ends the episode.

    Args:
        environment: reset and ready.
        end_ns: time limit [ns].
    """
    while True:
        now = environment.advance()
        if termination := termination_of(now, end_ns):
            return Ending(termination, now.stop_cause, now.time_ns)


def termination_of(now: Situation, end_ns: int) -> str:
    """Return why an episode is over, '' while it goes on.

    What a person orders counts first. A task that is done is done, also when the arm was stopped
    in the same moment.
    """
    if now.order is not None:
        return termination_by(now.order)
    if now.success:
        return SUCCESS
    if now.failure or now.stop_cause:
        return now.failure or STOPPED
    return TIMEOUT if now.time_ns >= end_ns else ''


def termination_by(order: Order) -> str:
    """Return what an episode that a person ends is said to have ended by."""
    return OPERATOR if order in (Order.SUCCESS, Order.FAILURE) else str(order)
