import pytest
from vla_rollout.episodes.control import Order
from vla_rollout.episodes.episode_loop import drive, Ending, Situation, termination_of

END_NS = 100


@pytest.mark.parametrize(
    ('now', 'termination'),
    [
        (Situation(99), ''),
        (Situation(100), 'timeout'),
        (Situation(100, success=True), 'success'),
        (Situation(5, failure='wrong_object'), 'wrong_object'),
        (Situation(5, success=True, failure='wrong_object'), 'success'),
        (Situation(5, stop_cause='e_stop'), 'stopped'),
        (Situation(5, success=True, stop_cause='e_stop'), 'success'),
        (Situation(5, failure='dropped', stop_cause='e_stop'), 'dropped'),
        (Situation(100, stop_cause='e_stop'), 'stopped'),
        (Situation(5, order=Order.FAILURE, success=True), 'operator'),
        (Situation(5, order=Order.SUCCESS), 'operator'),
        (Situation(5, order=Order.DISCARD, stop_cause='e_stop'), 'discard'),
        (Situation(5, order=Order.STOP), 'stop'),
    ],
)
def test_what_ends_an_episode(now, termination):
    assert termination_of(now, END_NS) == termination


class Clock:
    """An environment in which time passes and, at some time, the arm is stopped."""

    def __init__(self, stops_at_ns: int) -> None:
        self.time_ns, self.stops_at_ns = 0, stops_at_ns

    def advance(self) -> Situation:
        self.time_ns += 7
        cause = 'effort spike joint1' if self.time_ns >= self.stops_at_ns else ''
        return Situation(self.time_ns, stop_cause=cause)


def test_an_episode_ends_at_its_limit_or_before():
    assert drive(Clock(1000), END_NS) == Ending('timeout', '', 105)
    assert drive(Clock(30), END_NS) == Ending('stopped', 'effort spike joint1', 35)
