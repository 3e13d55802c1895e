import numpy as np
import pytest
from vla_contract.values import ActionChunk, to_ns
from vla_policy_server.serving.seam import measure_seam, Seam, SeamWindow


def ramp(start: float, speed: float, stamp_ns: int = 0) -> ActionChunk:
    """Return a chunk of an arm joint that moves and a gripper that is shut."""
    arm = start + speed * 0.1 * np.arange(10)
    return ActionChunk(stamp_ns, to_ns(0.1), np.column_stack([arm, np.ones(10)]))


def test_the_same_plan_seen_later_has_no_seam():
    seam = measure_seam(ramp(0.0, 0.5), ramp(0.2, 0.5, to_ns(0.4)), to_ns(0.6), arm=(0,))
    assert seam.distance_rad == pytest.approx(0.0, abs=1e-12)
    assert seam.velocity_jump_rad_s == pytest.approx(0.0, abs=1e-9)


def test_a_step_and_a_turn_are_measured_on_the_arm_alone():
    shut = ramp(0.0, 0.5)
    new = ActionChunk(0, shut.period_ns, shut.positions * [-1.0, 0.0] + [0.1, 0.0])
    seam = measure_seam(shut, new, to_ns(0.2), arm=(0,))
    assert seam.distance_rad == pytest.approx(0.1)
    assert seam.velocity_jump_rad_s == pytest.approx(1.0)


def test_the_window_names_its_figures_with_units():
    window = SeamWindow()
    assert window.values()['seam_distance_p50_rad'] is None
    window.add(Seam(0.2, 1.5))
    assert window.values()['seam_velocity_jump_p95_rad_s'] == 1.5
