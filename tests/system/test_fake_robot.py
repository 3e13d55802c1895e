"""The fake robot's controller is as bad as it was asked to be, and obeys its own stop."""

import numpy as np
import pytest
from support.fake_robot.controller import FakeController


def test_it_passes_the_newest_command_on_once():
    controller = FakeController(drop_share=0.0, seed=0)
    assert controller.take() is None
    controller.offer(np.array([1.0]))
    controller.offer(np.array([2.0]))
    assert controller.take() == 2.0
    assert controller.take() is None


def test_it_loses_the_share_that_was_asked_for():
    controller = FakeController(drop_share=0.1, seed=0)
    arrived = 0
    for _ in range(10_000):
        controller.offer(np.zeros(7))
        arrived += controller.take() is not None
    assert arrived / 10_000 == pytest.approx(0.9, abs=0.01)


def test_a_stopped_robot_obeys_nothing_and_forgets_what_it_was_told():
    controller = FakeController(drop_share=0.0, seed=0)
    controller.is_stopped = True
    controller.offer(np.array([1.0]))
    assert controller.take() is None
    controller.is_stopped = False
    assert controller.take() is None
