import numpy as np
import pytest
from vla_contract.values import ActionChunk, JointSample, Observation, to_ns
from vla_policy_server.session import infer_checked, PolicySession


class Constant:
    needs_images = False
    needs_extras = ()

    def __init__(self, positions=None) -> None:
        self.positions = np.zeros((16, 8)) if positions is None else positions
        self.resets = 0

    def infer(self, observation):
        if isinstance(self.positions, Exception):
            raise self.positions
        return ActionChunk(observation.stamp_ns, to_ns(0.1), self.positions)

    def reset(self):
        self.resets += 1


@pytest.fixture
def session(contract) -> PolicySession:
    return PolicySession(contract, Constant(), execute_steps=8)


def see(session, now_ns: int) -> None:
    session.buffer.add_joints(JointSample(now_ns, np.zeros(8), np.zeros(8)))


def chunk_at(stamp_ns: int) -> ActionChunk:
    return ActionChunk(stamp_ns, to_ns(0.1), np.zeros((16, 8)))


def test_the_first_inference_starts_at_once_and_only_once(session):
    see(session, 100)
    assert session.begin(100) is not None
    assert session.begin(100) is None


def test_the_next_one_starts_after_the_executed_steps(session):
    see(session, 0)
    session.finish(session.begin(0), chunk_at(0))
    assert not session.is_due(to_ns(0.79))
    assert session.is_due(to_ns(0.8))


def test_what_is_missing_is_named(session):
    assert session.begin(0) is None
    assert session.waiting_for == 'no joint_states'


def test_the_same_observation_is_not_used_twice(session):
    see(session, 0)
    session.finish(session.begin(0), chunk_at(-to_ns(1)))
    session.chunk = chunk_at(0)
    assert session.begin(to_ns(0.15)) is None


def test_a_result_from_before_a_restart_is_dropped(session):
    see(session, 0)
    running = session.begin(0)
    session.restart(10)
    assert not session.finish(running, chunk_at(0))
    assert session.chunk is None


def test_a_failed_inference_may_be_tried_again(session):
    see(session, 0)
    assert not session.finish(session.begin(0), None)
    assert session.begin(0) is not None


OBSERVATION = Observation(0, np.zeros(8), {}, '')


@pytest.mark.parametrize(
    ('positions', 'reason'),
    [
        (np.full((16, 8), np.nan), 'not finite'),
        (np.zeros((16, 7)), 'returned 7 joints, not 8'),
        (RuntimeError('out of memory'), 'policy raised RuntimeError: out of memory'),
    ],
)
def test_a_bad_result_is_a_reason_and_no_chunk(positions, reason):
    assert reason in infer_checked(Constant(positions), OBSERVATION)
