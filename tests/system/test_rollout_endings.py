"""A rollout is ended while a policy drives a fake robot: the arm comes to rest within a second.

Five of the ways that benchmarks/endurance/end_rollout.py goes through: by a signal, by an error,
by force, and while another node hangs.
"""

import os

from benchmarks.endurance.end_rollout import rehearse
import pytest
from support.ending_bench import ending_bench
from vla_contract.ros import testing  # noqa: F401 - takes a ROS domain of its own

WAYS = ('SIGHUP', 'loop raises', 'kill -9', 'callback hangs', 'policy server hangs, SIGINT')


@pytest.fixture(scope='module')
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp('endings')
    with ending_bench(folder, int(os.environ['ROS_DOMAIN_ID'])) as bench:
        yield bench


@pytest.mark.parametrize('way', WAYS)
def test_the_arm_comes_to_rest_within_a_second(bench, way):
    _, problem = rehearse(bench, way)
    assert not problem
