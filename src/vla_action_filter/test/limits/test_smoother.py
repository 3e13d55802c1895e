import numpy as np
import pytest
from vla_action_filter.config import FilterConfig
from vla_action_filter.limits.smoother import EmaSmoother, joint_alphas
from vla_contract.errors import ContractError, UnknownNameError


def test_first_sample_passes_through():
    position, velocity = EmaSmoother([0.7, 0.7]).smooth(np.array([1.0, 2.0]), np.array([0.1, 0.2]))
    assert position.tolist() == [1.0, 2.0]
    assert velocity.tolist() == [0.1, 0.2]


def test_the_tutorials_average_is_kept():
    smoother = EmaSmoother([0.7])
    smoother.smooth(np.array([0.0]), np.array([0.0]))
    position, _ = smoother.smooth(np.array([1.0]), np.array([0.0]))
    assert position[0] == pytest.approx(0.7)


def test_a_steady_motion_lags_by_the_stated_time():
    smoother, period, speed = EmaSmoother([0.25]), 0.01, 2.0
    for k in range(200):
        position, velocity = smoother.smooth(np.array([speed * k * period]), np.array([speed]))
    assert (speed * 199 * period - position[0]) / speed == pytest.approx(
        smoother.lags_s(period)[0]
    )
    assert velocity[0] == pytest.approx(speed)


def test_a_primed_smoother_goes_on_without_a_hiccup():
    smoother, period, speed = EmaSmoother([0.25]), 0.01, np.array([2.0])
    smoother.prime(np.array([1.0]), speed, np.array([True]))
    lag = smoother.lags_s(period)
    for k in range(1, 5):
        position, velocity = smoother.smooth(1.0 + speed * (k * period + lag), speed)
        assert position == pytest.approx(1.0 + speed * k * period)
        assert velocity == pytest.approx(speed)


def test_reset_forgets_the_past():
    smoother = EmaSmoother([0.1])
    smoother.smooth(np.array([0.0]), np.array([0.0]))
    smoother.reset()
    assert smoother.smooth(np.array([5.0]), np.array([0.0]))[0][0] == 5.0


def test_a_joint_may_have_an_alpha_of_its_own():
    config = FilterConfig(alpha=0.7, alpha_joints='b=0.5 c=0.25')
    assert joint_alphas(['a', 'b', 'c'], config).tolist() == [0.7, 0.5, 0.25]
    assert EmaSmoother(joint_alphas(['a', 'b', 'c'], config)).lags_s(0.01)[2] == pytest.approx(
        0.03
    )


def test_no_smoother_lets_everything_through():
    config = FilterConfig(alpha=0.7, alpha_joints='b=0.5', smoother='none')
    assert joint_alphas(['a', 'b'], config).tolist() == [1.0, 1.0]


def test_an_alpha_for_an_unknown_joint_lists_those_that_exist():
    with pytest.raises(UnknownNameError, match="joint 'z' is not in alpha_joints; it has: a, b"):
        joint_alphas(['a', 'b'], FilterConfig(alpha_joints='z=0.5'))


@pytest.mark.parametrize('text', ['a', 'a=', 'a=x', 'a=0', 'a=1.5', 'a=nan'])
def test_an_alpha_that_is_none_is_refused(text):
    with pytest.raises(ContractError, match='a number above 0, up to 1'):
        joint_alphas(['a'], FilterConfig(alpha_joints=text))
