import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_sim_bridge.randomization.randomization import RandomizationConfig
from vla_sim_bridge.randomization.signals import JointReading, SignalSettings
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')


def test_readings_wander_with_their_strength_and_correlation():
    reading = JointReading(SignalSettings(joint_noise=0.01), (0, 1), 3)
    errors = np.array([reading.read(np.zeros(3), k * 10_000_000) for k in range(20_000)])
    assert errors[:, :2].std() == pytest.approx(0.01, rel=0.1)
    assert np.abs(errors[:, 2]).max() == 0.0
    after = np.corrcoef(errors[:-5, 0], errors[5:, 0])[0, 1]
    assert after == pytest.approx(np.exp(-1.0), abs=0.1)


def test_the_same_instant_reads_the_same():
    reading = JointReading(SignalSettings(joint_noise=0.01), (0,), 1)
    assert reading.read(np.zeros(1), 5) == reading.read(np.zeros(1), 5)


def test_a_reading_does_not_depend_on_who_else_reads():
    """As a recorder, a filter and a policy do, each at a rate of its own."""
    settings = SignalSettings(joint_noise=0.01, noise_seed=4)
    often, seldom = (JointReading(settings, (0, 1), 2, start_ns=7_000_000) for _ in range(2))
    for k in range(400):
        time_ns = 7_000_000 + k * 2_000_000
        here = often.read(np.zeros(2), time_ns)
        if k % 50 == 3:
            assert np.array_equal(seldom.read(np.zeros(2), time_ns), here)


def test_a_drifting_encoder_is_off_by_its_rate_times_the_age_until_the_time_limit():
    settings = SignalSettings(encoder_drift=np.array([0.001, -0.002]))
    reading = JointReading(settings, (0, 1), 3, start_ns=5_000_000_000, time_limit_s=12.0)
    assert reading.read(np.zeros(3), 5_000_000_000).tolist() == [0.0, 0.0, 0.0]
    assert reading.read(np.zeros(3), 15_000_000_000) == pytest.approx([0.01, -0.02, 0.0])
    assert reading.read(np.zeros(3), 99_000_000_000) == pytest.approx([0.012, -0.024, 0.0])


def make_world(**terms) -> World:
    ranges = {name: TermConfig((value, value)) for name, value in terms.items()}
    return World(DEPLOYMENT, RandomizationConfig(terms=ranges))


def test_the_arm_moves_later_by_the_control_latency():
    prompt, late = make_world(), make_world(control_latency=40.0)
    moves = []
    for world in (prompt, late):
        world.reset(0)
        start = world.joint_sample().position[0]
        moved = []
        for _ in range(80):
            target = world.command
            target[0] += 0.004
            world.step(target, 2_000_000)
            moved.append(world.joint_sample().position[0] - start)
        moves.append(np.array(moved))
    assert moves[0][59] > 0.05
    assert moves[1][79] == pytest.approx(moves[0][59], rel=0.02)


def test_an_encoder_offset_is_in_the_reading_not_in_the_world():
    world = make_world(encoder_offset=0.01)
    world.reset(0)
    true = world.data.qpos[world._qpos]
    assert world.joint_sample().position[:7] == pytest.approx(true[:7] + 0.01)
    assert world.joint_sample().position[7] == true[7]


def test_delays_in_frames_add_to_the_latencies():
    """Commands at the filter's 100 Hz, images at 15 Hz."""
    world = make_world(
        control_latency=20.0, action_delay=3.0, vision_latency=50.0, observation_delay=2.0
    )
    world.reset(0)
    signals = world._randomizer.stage.signals
    assert signals.control_latency.at(1.0) == pytest.approx(0.020 + 3 / 100)
    assert signals.vision_latency.at(1.0) == pytest.approx(0.050 + 2 / 15)
    assert world.appearance.vision_latency_ns(world.time_ns) == pytest.approx(183_333_333, abs=1)


def test_vision_jitter_begins_anew_with_each_episode():
    world = make_world(vision_latency=30.0, vision_jitter=70.0)
    found = []
    for seed in (1, 2, 1):
        world.reset(seed)
        start_ns = world.time_ns
        captures = start_ns + np.arange(0, 10**10, 66_666_667)
        found.append([world.appearance.vision_latency_ns(int(t)) for t in captures])
        world.step(world.command, 300_000_000)
    assert found[0] == found[2] != found[1]
    assert 30e6 <= min(found[0]) < max(found[0]) <= 100e6


def test_backlash_and_warm_servos_reach_the_arm():
    nominal, worn = make_world(), make_world(backlash=0.02, thermal_drift=-0.5)
    positions = []
    for world in (nominal, worn):
        world.reset(0)
        target = world.command
        target[0] += 0.2
        world.step(target, 500_000_000)
        world.step(target, 1_000_000_000)
        positions.append(world.joint_sample().position[0])
    assert positions[0] - positions[1] == pytest.approx(0.01, abs=1e-3)
    servo = worn._randomizer.stage.arm_actuators[0]
    gains = [world.model.actuator_gainprm[servo, 0] for world in (nominal, worn)]
    assert gains[1] / gains[0] == pytest.approx(1 - 0.5 * 0.5 / 12.0, abs=1e-6)
    worn.reset(0)
    assert worn.model.actuator_gainprm[servo, 0] == gains[0]
