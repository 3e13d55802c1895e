import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.sources.standstill import Standstill

HALF = FilterConfig(acceleration_fraction=0.5)


def test_a_joint_stops_after_its_braking_distance_and_stays_there(cell):
    standstill = Standstill(cell, HALF)
    command, velocity = np.array(cell.home), np.zeros(len(cell.joints))
    velocity[:2] = 0.4, -0.2
    stop = standstill.position(command, velocity)
    braking = 0.5 * np.array([joint.acceleration for joint in cell.joints])
    assert stop[0] == pytest.approx(command[0] + 0.4**2 / (2 * braking[0]))
    assert stop[1] == pytest.approx(command[1] - 0.2**2 / (2 * braking[1]))
    assert stop[2:] == pytest.approx(command[2:])
    assert standstill.position(command + 1.0, 0.0 * velocity) == pytest.approx(stop)


def test_joints_that_are_commanded_again_stop_anew(cell):
    standstill = Standstill(cell, HALF)
    command, still = np.array(cell.home), np.zeros(len(cell.joints))
    standstill.position(command, still)
    first = np.arange(len(still)) == 0
    standstill.forget(first)
    moved = standstill.position(command + 0.1, still)
    assert moved == pytest.approx(np.where(first, command + 0.1, command))
    standstill.forget()
    assert standstill.position(command + 0.2, still) == pytest.approx(command + 0.2)
