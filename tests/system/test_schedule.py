"""A chunk every so often that asks for a speed gives that speed."""

from hypothesis import given, settings
from hypothesis import strategies as st
import pytest
from studies.schedule_table import ASKED_RAD_S, Case, FADES_S, goes_on, ramp, run, sine, SWING_RAD
from vla_contract.deployment.deployment import load_deployment

DEPLOYMENT = load_deployment()


@pytest.mark.parametrize('fade_s', FADES_S)
@pytest.mark.parametrize('steps', [2, 3])
@pytest.mark.parametrize('mode', ['async', 'sync'])
def test_two_and_three_steps_are_made_as_asked(steps, fade_s, mode):
    made = run(DEPLOYMENT, Case(steps, 0.05, mode, fade_s, seconds=8.0), goes_on)
    assert made.speed_rad_s == pytest.approx(ASKED_RAD_S, rel=0.05)
    assert made.slowest_rad_s > -0.001


@pytest.mark.parametrize('fade_s', FADES_S)
@pytest.mark.parametrize('steps', [1, 2, 3, 16])
def test_a_sine_by_the_clock_keeps_its_amplitude(steps, fade_s):
    # A lone step, made from rest to rest, keeps 3 %.
    made = run(DEPLOYMENT, Case(steps, 0.05, 'async', fade_s), sine)
    assert made.swing[0] == pytest.approx(SWING_RAD, rel=0.04 if steps == 1 else 0.02)


@pytest.mark.parametrize('latency_s', [0.24, 0.7])
@pytest.mark.parametrize('steps', [2, 3])
@pytest.mark.parametrize('mode', ['async', 'sync'])
def test_late_answers_are_made_as_a_blocking_loop_makes_them(steps, latency_s, mode):
    case = Case(steps, latency_s, mode)
    assert run(DEPLOYMENT, case, goes_on).speed_rad_s >= 0.9 * case.loop_rad_s


# A loop that has its lone step made the instant it is sent; an arm needs 0.06 s for it, and the
# next frame of the camera comes up to 0.033 s later.
@pytest.mark.parametrize('seam', ['fade', 'replace', 'ensemble'])
@pytest.mark.parametrize(
    ('fps', 'latency_s', 'share'),
    [(5.0, 0.05, 0.95), (5.0, 0.1, 0.9), (10.0, 0.05, 0.8), (10.0, 0.24, 0.7), (10.0, 0.7, 0.8)],
)
def test_lone_steps_are_made_one_for_one(fps, latency_s, share, seam):
    case = Case(1, latency_s, fps=fps, seam=seam)
    made = run(DEPLOYMENT, case, goes_on)
    assert share <= made.speed_rad_s / case.loop_rad_s <= 1.01
    assert made.slowest_rad_s > -0.001


def test_an_arm_that_lags_is_waited_for():
    case = Case(1, 0.24, lag_s=0.05)
    assert run(DEPLOYMENT, case, goes_on).speed_rad_s >= 0.5 * case.loop_rad_s


@given(
    steps=st.sampled_from([1, 2, 3, 4, 16]),
    fade_s=st.floats(0.0, 2.0),
    latency_s=st.floats(0.01, 0.8),
    mode=st.sampled_from(['async', 'sync']),
    seam=st.sampled_from(['fade', 'replace']),
    fps=st.sampled_from([5.0, 10.0, 15.0]),
    camera_hz=st.sampled_from([15.0, 30.0]),
    lag_s=st.sampled_from([0.0, 0.03]),
)
@settings(deadline=None, max_examples=25, derandomize=True)
def test_it_never_goes_backwards_nor_faster_than_asked(
    steps, fade_s, latency_s, mode, seam, fps, camera_hz, lag_s
):
    case = Case(steps, latency_s, mode, fade_s, seam, fps, camera_hz, lag_s, seconds=7.0)
    made = run(DEPLOYMENT, case, goes_on)
    # From four steps on a chunk may be joined in motion, one step ahead of the arm each time.
    assert made.speed_rad_s <= ASKED_RAD_S * (1.02 if steps < 4 else 1.6)
    assert made.slowest_rad_s > (-0.001 if steps < 4 else -0.03)
    assert run(DEPLOYMENT, case, ramp).slowest_rad_s > -0.001
