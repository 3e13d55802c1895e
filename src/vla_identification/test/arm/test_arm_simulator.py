from dataclasses import replace

import numpy as np
import pytest
from recorded_world import CELL, hidden_world, record, waves
from vla_contract.deployment.deployment import load_deployment
from vla_identification.arm.arm_simulator import ArmSimulator


@pytest.fixture(scope='module')
def simulator() -> ArmSimulator:
    still = {'task.simulation.home_jitter_rad': 0.0}
    return ArmSimulator(load_deployment('vx300s_lift_cube', overrides=still))


def values(**terms) -> dict[str, np.ndarray]:
    return {name: np.atleast_1d(np.array(v, dtype=float)) for name, v in terms.items()}


@pytest.mark.parametrize(
    'terms',
    [
        {},
        values(control_latency=24.0),
        values(backlash=[0.004] * 6),
        values(encoder_offset=[0.01, -0.01, 0.005, 0.0, 0.002, -0.003]),
        values(
            joint_friction=[0.4] * 6,
            joint_armature=[2.0] * 6,
            actuator_strength=[0.7] * 6,
            control_latency=40.0,
            backlash=[0.002] * 6,
        ),
    ],
    ids=lambda terms: '+'.join(terms) or 'nominal',
)
def test_it_moves_as_the_world_does(simulator, terms):
    recording = record(hidden_world(terms), waves(), 2.0)
    free = replace(recording, object_s=np.empty(0), object_pose=np.empty((0, 7)))
    arm = list(CELL.arm)
    simulated = simulator.simulate(free, terms).measured
    assert np.abs(simulated - recording.measured)[:, arm].max() < 1e-6
    assert np.ptp(recording.measured[:, arm], axis=0).min() > 0.1


def test_a_delay_between_two_physics_steps_lies_between_their_motions(simulator):
    recording = record(hidden_world({}), waves(), 1.0)
    early, late, between = (
        simulator.simulate(recording, values(control_latency=ms)).measured for ms in (10, 12, 11)
    )
    assert np.abs(early - late).max() > 1e-4
    assert np.abs(between - (early + late) / 2).max() < 0.05 * np.abs(early - late).max()


def test_an_object_that_is_known_moves_with_the_simulation(simulator):
    recording = record(hidden_world({}), waves(), 0.5)
    pose = simulator.simulate(recording, {}).object_pose
    assert pose.shape == recording.object_pose.shape
    assert np.abs(pose - recording.object_pose).max() < 1e-6


def test_nothing_is_left_of_the_last_replay(simulator):
    recording = record(hidden_world({}), waves(), 0.5)
    before = simulator.simulate(recording, {}).measured
    simulator.simulate(recording, values(joint_friction=[2.0] * 6, backlash=[0.01] * 6))
    assert np.array_equal(simulator.simulate(recording, {}).measured, before)
