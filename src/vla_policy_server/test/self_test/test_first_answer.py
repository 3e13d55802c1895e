"""Without a dataset too: the first answer must be in the limits and in reach."""

from types import SimpleNamespace

import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.check import Status
from vla_contract.deployment.deployment import load_deployment
from vla_contract.values import ActionChunk, to_ns
from vla_contract.vectors.component import Component, JOINT_DELTA
from vla_contract.vectors.vector_codec import VectorCodec
from vla_policy_server.self_test.first_answer import first_answer_is_near
from vla_policy_server.self_test.subject import Subject


class Answers:
    """Answers with numbers of its own, decoded as the policy file says."""

    needs_images = True
    needs_extras = ()

    def __init__(self, deployment, numbers):
        self._codec, self._numbers = VectorCodec(deployment), numbers

    def infer(self, observation):
        numbers = self._numbers(observation.state)
        positions = self._codec.decode(np.tile(numbers, (4, 1)), observation.state)
        return ActionChunk(observation.stamp_ns, to_ns(0.1), positions)

    def reset(self):
        pass


@pytest.fixture(scope='module')
def ur5e():
    return load_deployment('ur5e_2f85_lift_cube')


def found_of(deployment, numbers, checkpoint=None):
    subject = Subject(deployment, Answers(deployment, numbers), None, checkpoint)
    return first_answer_is_near(subject)


def test_an_answer_near_home_passes(deployment):
    assert found_of(deployment, lambda state: state + 0.05)[0] is Status.OK


def test_velocities_read_as_positions_leave_the_limits(deployment):
    status, found = found_of(deployment, lambda state: np.full(8, 0.3))
    assert status is Status.FAIL
    assert 'the first answer wants panda_joint4 0.30 outside -3.07 to -0.07 (rad)' in found
    assert 'are these velocities? quantity: joint_velocity' in found


def test_velocities_that_the_limits_allow_are_a_jump(ur5e):
    status, found = found_of(ur5e, lambda state: np.array([-0.1] * 6 + [0.4]))
    assert status is Status.FAIL
    assert 'elbow_joint jumps by' in found
    assert 'allowed: ' in found
    assert 'are these velocities?' in found


def test_degrees_read_as_radians_are_asked_about(deployment):
    status, found = found_of(deployment, lambda state: np.rad2deg(state) + 5.0)
    assert status is Status.FAIL
    assert 'degrees? unit: deg' in found


def test_deltas_in_another_unit_leave_the_limits(deployment):
    deltas = with_policy(
        deployment, action=(Component(JOINT_DELTA, joints=deployment.cell.joint_names),)
    )
    assert found_of(deltas, lambda state: np.full(8, 0.01))[0] is Status.OK
    status, found = found_of(deltas, lambda state: np.full(8, 5.0))
    assert status is Status.FAIL
    assert 'the first move takes panda_joint1 to 5.00' in found


def test_a_home_far_from_the_data_is_a_warning(deployment):
    lower = np.array([joint.lower for joint in deployment.cell.joints])
    upper = np.array([joint.upper for joint in deployment.cell.joints])
    middle = (lower + upper) / 2.0
    middle[0] = 2.0
    checkpoint = statistics_around(deployment, middle)
    status, found = found_of(deployment, lambda state: middle, checkpoint)
    assert status is Status.WARN
    assert 'from home: panda_joint1 jumps by 2.00' in found
    assert 'none from the mean of its data' in found
    far = statistics_around(deployment, deployment.cell.home)
    assert found_of(deployment, lambda state: middle, far)[0] is Status.FAIL


def statistics_around(deployment, mean):
    """Return a checkpoint whose states have a mean."""
    kind = SimpleNamespace(type='STATE', shape=(len(mean),))
    step = SimpleNamespace(
        features={'observation.state': kind},
        norm_map={'STATE': SimpleNamespace(name='MEAN_STD')},
        stats={'observation.state': {'mean': mean, 'std': np.ones(len(mean))}},
    )
    names = deployment.cell.joint_names
    return SimpleNamespace(
        preprocess=SimpleNamespace(steps=[step]),
        names=SimpleNamespace(state=names, action=names),
    )
