import numpy as np
import pytest
from vla_contract.contract import load_contract
from vla_sim_bridge.randomization.randomization import RandomizationConfig
from vla_sim_bridge.randomization.signals import ControlDelay, JointReading, SignalSettings
from vla_sim_bridge.randomization.term import TermConfig
from vla_sim_bridge.world import World
from vla_sim_bridge.world_config import load_world_config

CONTRACT = load_contract('panda_2f85')


def test_controls_come_out_later_in_the_same_order():
    delay = ControlDelay(3, np.zeros(1))
    sent = np.arange(1.0, 11.0)[:, None]
    out = np.concatenate([delay.pass_through(sent[i : i + 2]) for i in range(0, 10, 2)])
    assert out.ravel().tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]


def test_no_delay_is_no_change():
    sent = np.ones((4, 2))
    assert ControlDelay(0, np.zeros(2)).pass_through(sent) is sent


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


def make_world(**terms) -> World:
    ranges = {name: TermConfig((value, value)) for name, value in terms.items()}
    return World(CONTRACT, load_world_config('lift_cube'), RandomizationConfig(terms=ranges))


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


def test_vision_latency_is_told_to_whoever_delivers():
    world = make_world(vision_latency=80.0)
    world.reset(0)
    assert world.appearance.vision_latency_s == pytest.approx(0.08)
