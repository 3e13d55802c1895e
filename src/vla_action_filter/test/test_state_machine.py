import pytest
from vla_action_filter.state_machine import StateMachine
from vla_action_filter.verdict import State
from vla_contract.values import to_ns


@pytest.fixture
def machine() -> StateMachine:
    return StateMachine()


def test_the_usual_way_is_armed_active_holding_active(machine):
    states = [machine.state]
    for move in (machine.arm, lambda: machine.follow(0), machine.hold, lambda: machine.follow(0)):
        move()
        states.append(machine.state)
    assert states == [State.INACTIVE, State.ARMED, State.ACTIVE, State.HOLDING, State.ACTIVE]


def test_nothing_follows_before_it_is_armed(machine):
    machine.follow(0)
    machine.hold()
    assert machine.state is State.INACTIVE


def test_a_latched_stop_is_left_by_reset_alone(machine):
    machine.arm()
    machine.latch('e_stop')
    for move in (machine.arm, lambda: machine.follow(0), machine.hold, machine.disarm):
        move()
        assert machine.state is State.STOPPED
    machine.reset()
    assert machine.state is State.INACTIVE


def test_the_first_reason_of_a_stop_is_kept(machine):
    machine.arm()
    machine.latch('tracking error')
    machine.latch('e_stop')
    assert machine.latched_reason == 'tracking error'


def test_speed_rises_after_every_start_of_motion(machine):
    machine.arm()
    machine.follow(to_ns(1.0))
    machine.follow(to_ns(1.1))
    half = machine.ramp(to_ns(1.25), to_ns(0.5))
    assert (half, machine.ramp(to_ns(3.0), to_ns(0.5))) == (0.5, 1.0)
    machine.hold()
    machine.follow(to_ns(5.0))
    assert machine.ramp(to_ns(5.0), to_ns(0.5)) == 0.0
    assert machine.ramp(to_ns(5.0), 0) == 1.0
