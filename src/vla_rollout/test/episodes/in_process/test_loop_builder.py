import argparse

import numpy as np
import pytest
from vla_contract.values import ActionChunk, to_ns
from vla_rollout.arguments import add_loop, add_setup, loop_settings
from vla_rollout.episodes.in_process import loop_builder
from vla_rollout.episodes.in_process.loop_builder import require_loop, run_episode

MADE = []


class Connected:
    """A policy with a connection, as one behind a server has."""

    needs_images = False
    needs_extras = ()

    def __init__(self) -> None:
        self.is_open = True
        self.questions = 0

    def infer(self, observation):
        assert self.is_open
        self.questions += 1
        return ActionChunk(observation.stamp_ns, to_ns(0.1), np.tile(observation.state, (8, 1)))

    def reset(self) -> None:
        pass

    def close(self) -> None:
        self.is_open = False


def make(deployment, device) -> Connected:
    MADE.append(Connected())
    return MADE[-1]


@pytest.fixture(autouse=True)
def nothing_is_kept():
    MADE.clear()
    yield
    loop_builder._forget()


def settings(*more: str) -> dict:
    parser = argparse.ArgumentParser()
    add_setup(parser)
    add_loop(parser)
    return loop_settings(parser.parse_args(['--backend', f'{__name__}:make', *more]))


def test_a_policy_that_was_only_looked_at_is_closed():
    require_loop(settings(), keep=False)
    (policy,) = MADE
    assert not policy.is_open


def test_one_process_loads_its_policy_once():
    require_loop(settings(), keep=True)
    run_episode((settings(), 0))
    (policy,) = MADE
    assert policy.is_open
    assert policy.questions > 0


def test_the_policy_of_other_settings_is_closed():
    require_loop(settings(), keep=True)
    require_loop(settings('--speed', '0.5'), keep=True)
    assert [policy.is_open for policy in MADE] == [False, True]
