from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from recorded_world import DEPLOYMENT, hidden_world, record, waves
from vla_identification.arm.arm_simulator import ArmSimulator
from vla_identification.motion_recording import save_recording
from vla_identification.simopt import tune_randomization
from vla_identification.simopt.simopt import (
    Distribution,
    entropy_weights,
    simopt,
    SimOptConfig,
    updated,
)
from vla_sim_bridge.randomization.randomization import load_randomization


def distribution(mean, deviation, terms=None) -> Distribution:
    mean, deviation = np.array(mean, dtype=float), np.array(deviation, dtype=float)
    far = np.full(len(mean), 1e9)
    return Distribution(terms or {'x': len(mean)}, mean, np.diag(deviation**2), -far, far)


@settings(deadline=None, max_examples=50)
@given(
    costs=st.lists(st.floats(0.0, 1e3), min_size=8, max_size=64),
    bound=st.floats(0.05, 1.5),
)
def test_the_weights_keep_the_bound(costs, bound):
    weights = entropy_weights(np.array(costs), bound)
    assert weights.sum() == pytest.approx(1.0)
    divergence = np.sum(weights * np.log(np.maximum(weights, 1e-300) * len(costs)))
    assert divergence < bound + 0.02
    order = np.argsort(costs, kind='stable')
    assert (np.diff(weights[order]) <= 1e-12).all()


def test_updates_find_the_minimum_of_a_bowl_and_its_correlation():
    rng = np.random.default_rng(0)
    bowl = np.array([[2.0, 1.6], [1.6, 2.0]])
    goal, found = np.array([1.0, -2.0]), distribution([0.0, 0.0], [2.0, 2.0])
    for _ in range(12):
        numbers = found.sample(200, rng)
        costs = np.einsum('ni,ij,nj->n', numbers - goal, bowl, numbers - goal)
        found = updated(found, numbers, costs, 0.7)
    assert found.mean == pytest.approx(goal, abs=0.2)
    assert found.deviation.max() < 0.7
    assert found.covariance[0, 1] < 0.0


def test_samples_stay_where_a_robot_can_be():
    narrow = replace(distribution([0.0], [5.0]), lower=np.array([0.0]), upper=np.array([1.0]))
    drawn = narrow.sample(200, np.random.default_rng(0))
    assert drawn.min() == 0.0
    assert drawn.max() == 1.0


def test_the_delay_of_a_recorded_robot_is_found_and_the_mass_it_cannot_show_stays_wide():
    recording = record(hidden_world({'control_latency': np.array([30.0])}), waves(), 1.0)
    prior = replace(
        distribution([60.0, 1.0], [25.0, 0.2], {'control_latency': 1, 'object_mass': 1}),
        lower=np.array([0.0, 0.1]),
    )
    found = simopt(
        ArmSimulator(DEPLOYMENT),
        [replace(recording, object_s=np.empty(0), object_pose=np.empty((0, 7)))],
        prior,
        SimOptConfig(iterations=5, samples=16),
        np.random.default_rng(1),
    )
    assert found.mean[0] == pytest.approx(30.0, abs=5.0)
    assert found.deviation[0] < 10.0
    assert found.deviation[1] > 0.05


def test_the_command_narrows_the_ranges_of_a_randomisation(tmp_path, capsys):
    recording = record(hidden_world({}), waves(), 0.5)
    save_recording(tmp_path / 'rollout.npz', recording)
    start, output = tmp_path / 'start.yaml', tmp_path / 'tuned.yaml'
    start.write_text('terms: {control_latency: {range: [0, 60]}, object_mass: {range: [1, 2]}}')
    arguments = ['--log', str(tmp_path / 'rollout.npz'), '--randomization', str(start)]
    arguments += ['--deployment', 'vx300s_lift_cube']
    arguments += ['--output', str(output), '--iterations', '3', '--samples', '12']
    assert tune_randomization.main(arguments) == 0
    assert 'times narrower' in capsys.readouterr().out
    low, high = load_randomization(str(output)).terms['control_latency'].range
    assert high - low < 45.0
    assert tune_randomization.main(arguments) == 2
