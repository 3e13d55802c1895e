from dataclasses import replace

from vla_action_filter.output.gripper_gate import GripperGate
from vla_contract.deployment.robot import Joint

FINGERS = Joint(
    name='f', type='gripper', lower=0.0, upper=0.8, velocity=1.0, acceleration=1.0, jerk=1.0,
    effort=1.0, home=0.0, model_joint='f',
)  # fmt: skip


def test_it_opens_or_closes_and_nothing_between():
    gate = GripperGate(FINGERS, dwell_ns=0)
    assert [gate.step(desired, i) for i, desired in enumerate((0.1, 0.7, 0.6, 0.1))] == [
        0.0, 0.8, 0.8, 0.0,
    ]  # fmt: skip


def test_a_hesitating_wish_changes_nothing():
    gate = GripperGate(FINGERS, dwell_ns=0)
    gate.step(0.8, 0)
    assert [gate.step(desired, i) for i, desired in enumerate((0.45, 0.38, 0.46, 0.35))] == [
        0.8
    ] * 4


def test_a_reversal_waits_for_the_dwell():
    gate = GripperGate(FINGERS, dwell_ns=100)
    assert gate.step(0.8, 0) == 0.8
    assert gate.step(0.0, 50) == 0.8
    assert gate.step(0.0, 100) == 0.0


def test_it_starts_where_the_fingers_are():
    gate = GripperGate(FINGERS, dwell_ns=0)
    gate.reset(0.46)
    assert gate.step(0.45, 0) == 0.46


def test_fingers_that_close_towards_their_lower_end_are_the_same_the_other_way_round():
    sliding = replace(FINGERS, lower=0.02, upper=0.06, closed_at='lower')
    gate = GripperGate(sliding, dwell_ns=0)
    assert gate.position == 0.06
    assert [gate.step(desired, i) for i, desired in enumerate((0.055, 0.03, 0.04, 0.05))] == [
        0.06, 0.02, 0.02, 0.06,
    ]  # fmt: skip
    gate.reset(0.1)
    assert gate.step(0.04, 0) == 0.06
