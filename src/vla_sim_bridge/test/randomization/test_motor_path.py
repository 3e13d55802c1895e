from hypothesis import given, settings
from hypothesis import strategies as st
import mujoco
import numpy as np
import pytest
from vla_sim_bridge.randomization.latency import Latency
from vla_sim_bridge.randomization.motor_path import (
    ActionNoise,
    Backlash,
    ControlDelay,
    MotorPath,
    ThermalDrift,
)
from vla_sim_bridge.randomization.signals import SignalSettings

STEP_S = 0.002
ONE = np.array([0])


def delayed(latency_s: float, jitter_s: float, sent: np.ndarray, rows: int, seed=0) -> np.ndarray:
    latency = Latency(latency_s, jitter_s, np.random.default_rng(seed))
    delay = ControlDelay(latency, STEP_S, np.zeros(1))
    pieces = [delay.pass_through(sent[i : i + rows]) for i in range(0, len(sent), rows)]
    return np.concatenate(pieces).ravel()


def test_controls_come_out_later_in_the_same_order():
    sent = np.arange(1.0, 11.0)[:, None]
    assert delayed(3 * STEP_S, 0.0, sent, 2).tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]


def test_no_delay_is_no_change():
    sent = np.ones((4, 2))
    prompt = Latency(0.0, 0.0, np.random.default_rng(0))
    assert ControlDelay(prompt, STEP_S, np.zeros(2)).pass_through(sent) is sent


@given(st.integers(0, 50), st.integers(0, 100), st.integers(1, 40), st.integers(0, 999))
@settings(deadline=None, max_examples=60)
def test_jitter_never_swaps_loses_time_or_foresees(steps, jitter_steps, rows, seed):
    sent = np.arange(1.0, 401.0)[:, None]
    latency_s, jitter_s = steps * STEP_S, jitter_steps * STEP_S
    out = delayed(latency_s, jitter_s, sent, rows, seed)
    assert (np.diff(out) >= 0).all()
    has_moved = out > 0
    age = (np.arange(1.0, 401.0) - out)[has_moved]
    assert (steps <= age).all()
    assert (age <= steps + jitter_steps).all()
    assert has_moved[steps + jitter_steps :].all()
    assert np.array_equal(out, delayed(latency_s, jitter_s, sent, 400, seed))


def test_the_error_of_actions_has_its_strength_at_each_action_and_is_smooth_between():
    noise = ActionNoise(0.01, np.arange(7), 0.1, np.random.default_rng(1))
    errors = noise.add(np.zeros((50_000, 8)), 0, STEP_S)
    assert (errors[0] == 0.0).all()
    assert (errors[:, 7] == 0.0).all()
    actions = errors[50::50, :7]
    assert actions.std() == pytest.approx(0.01, rel=0.03)
    assert np.abs(np.corrcoef(actions[:-1, 0], actions[1:, 0])[0, 1]) < 0.1
    assert errors[75, :7] == pytest.approx((errors[50, :7] + errors[100, :7]) / 2)


def play(path: np.ndarray, gap: float) -> np.ndarray:
    backlash = Backlash(np.array([gap]), ONE, np.array([path[0]]))
    return backlash.pass_through(path[:, None])[:, 0]


def test_a_joint_loses_its_gap_when_the_motor_turns_back():
    there, back = np.linspace(0.0, 1.0, 101), np.linspace(1.0, 0.0, 101)
    held = play(np.concatenate([there, back]), 0.1)
    assert held[:101] == pytest.approx(np.maximum(there - 0.05, 0.0))
    assert held[101:] == pytest.approx(np.minimum(0.95, back + 0.05))


@given(st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=40), st.floats(0.001, 0.5))
@settings(deadline=None)
def test_a_joint_is_never_further_off_than_half_the_gap_and_moves_no_more_than_pushed(path, gap):
    motor = np.array(path)
    held = play(motor, gap)
    assert (np.abs(held - motor) <= gap / 2 + 1e-12).all()
    # Moved only by an edge of the gap: where it moves, it touches one.
    moved = np.flatnonzero(np.diff(held)) + 1
    assert np.abs(held - motor)[moved] == pytest.approx(gap / 2)


@pytest.fixture
def servo() -> mujoco.MjModel:
    return mujoco.MjModel.from_xml_string("""
    <mujoco><worldbody><body><joint name="j" damping="1"/><geom size="0.1" mass="1"/></body>
    </worldbody><actuator><position joint="j" kp="100" kv="10" forcerange="-5 5"/></actuator>
    </mujoco>""")


def test_servos_weaken_until_they_are_warm_and_no_further(servo):
    drift = ThermalDrift(servo, ONE, -0.2, 10.0)
    drift.warm(5.0)
    assert servo.actuator_gainprm[0, 0] == pytest.approx(90.0)
    drift.warm(100.0)
    assert servo.actuator_gainprm[0, 0] == pytest.approx(80.0)
    assert servo.actuator_biasprm[0, 1:3] == pytest.approx([-80.0, -8.0])
    assert servo.actuator_forcerange[0] == pytest.approx([-4.0, 4.0])


def test_the_nominal_path_hands_on_what_it_gets(servo):
    path = MotorPath(SignalSettings(), servo, ONE, np.zeros(1), 0.1, 12.0)
    sent = np.ones((5, 1))
    assert path.pass_through(sent) is sent


def test_an_episodes_errors_depend_on_its_seed_alone(servo):
    sent = np.ones((500, 1))
    out = []
    for seed, rows in ((4, 500), (4, 7), (5, 500)):
        settings = SignalSettings(
            seed=seed, action_noise=0.01, control_latency_s=0.02, control_jitter_s=0.05,
            backlash=np.array([0.002]),
        )  # fmt: skip
        path = MotorPath(settings, servo, ONE, np.zeros(1), 0.1, 12.0)
        pieces = [path.pass_through(sent[i : i + rows]) for i in range(0, 500, rows)]
        out.append(np.concatenate(pieces))
    assert np.array_equal(out[0], out[1])
    assert not np.array_equal(out[0], out[2])
