from types import SimpleNamespace

import numpy as np
import pytest
from vla_contract.errors import PolicyError, SettingError
from vla_contract.filter_status import PlanProgress, TakenChunk
from vla_contract.values import ActionChunk, JointSample, Observation, to_ns
from vla_policy_server.serving.chunk_scheduler import Schedule
from vla_policy_server.serving.session import infer_checked, PolicySession


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
def session(deployment) -> PolicySession:
    return PolicySession(deployment, Constant(), Schedule('async', execute_steps=8))


@pytest.fixture
def stepping(deployment) -> PolicySession:
    """One whose policy may answer with a single step."""
    return PolicySession(deployment, Constant(), Schedule('async'))


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
    session.finish(session.begin(0), chunk_at(0), 0)
    assert not session.is_due(to_ns(0.79))
    assert session.is_due(to_ns(0.8))


def test_what_is_missing_is_named_while_an_inference_is_due(session):
    assert session.begin(0) is None
    assert session.why_waiting(0) == 'no joint_states'
    see(session, 0)
    assert session.why_waiting(0) == ''
    session.begin(0)
    assert session.why_waiting(to_ns(5.0)) == ''


def test_the_same_observation_is_not_used_twice(session):
    see(session, 0)
    session.finish(session.begin(0), chunk_at(0), 0)
    see(session, 0)
    assert session.begin(to_ns(0.15)) is None
    see(session, to_ns(0.1))
    session.scheduler.restart()
    assert session.begin(to_ns(0.15)) is not None


def test_a_result_from_before_a_restart_is_dropped(session):
    see(session, 0)
    running = session.begin(0)
    session.restart(10)
    assert session.finish(running, chunk_at(0), 10) is None
    assert session.chunk is None
    assert session.counts == {'chunks': 0, 'failed_inferences': 0}


def test_a_failed_inference_is_counted_and_may_be_tried_again(session):
    see(session, 0)
    assert session.finish(session.begin(0), 'out of memory', 0) is None
    assert session.last_failure == 'out of memory'
    assert session.counts == {'chunks': 0, 'failed_inferences': 1}
    assert session.begin(0) is not None


def test_an_answer_older_than_the_contracts_deadline_is_no_chunk(session):
    see(session, 0)
    assert session.finish(session.begin(0), chunk_at(0), to_ns(1.6)) is None
    assert session.last_failure == 'answer came 1.60 s after its image; allowed: 1.5 s'


def test_seams_are_measured_from_the_second_chunk_on(session):
    see(session, 0)
    session.finish(session.begin(0), chunk_at(0), 0)
    assert session.seams.values()['seam_distance_p50_rad'] is None
    see(session, to_ns(0.8))
    moved = ActionChunk(to_ns(0.8), to_ns(0.1), np.full((16, 8), 0.25))
    session.finish(session.begin(to_ns(0.8)), moved, to_ns(0.9))
    assert session.seams.values()['seam_distance_p50_rad'] == pytest.approx(0.25)


class Continuing(Constant):
    prepared = False

    def prepare_to_continue(self) -> None:
        self.prepared = True


def test_rtc_needs_a_policy_that_can_continue(deployment):
    with pytest.raises(PolicyError, match='mode rtc: Constant cannot continue a chunk'):
        PolicySession(deployment, Constant(), Schedule('rtc'))
    policy = Continuing()
    session = PolicySession(deployment, policy, Schedule('rtc'))
    assert policy.prepared
    see(session, 0)
    first = session.begin(0)
    assert first.committed is None
    session.finish(first, chunk_at(0), 0)
    assert session.follows_the_plan
    session.see_plan(PlanProgress(TakenChunk(0, 0), to_ns(0.75), to_ns(0.75), 1.0))
    see(session, to_ns(0.8))
    assert len(session.begin(to_ns(0.8)).committed.positions) == 8


def test_other_modes_commit_to_nothing(deployment):
    session = PolicySession(deployment, Continuing(), Schedule('async'))
    assert not session.follows_the_plan
    session.see_plan(PlanProgress(TakenChunk(0, 0), 0, 0, 1.0))
    see(session, 0)
    session.finish(session.begin(0), chunk_at(0), 0)
    see(session, to_ns(0.8))
    assert session.begin(to_ns(0.8)).committed is None


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


def ask_lone(session, at_ns: int, arrives_ns: int, to: float) -> ActionChunk:
    """Ask at a time, and answer with one step of all joints."""
    chunk = ActionChunk(at_ns, to_ns(0.1), np.full((1, 8), to))
    return session.finish(session.begin(at_ns), chunk, arrives_ns)


def see_at(session, now_ns: int, position: float) -> None:
    session.buffer.add_joints(JointSample(now_ns, np.full(8, position), np.zeros(8)))


def test_a_short_chunk_has_to_be_made_before_the_next_question(stepping):
    see_at(stepping, 0, 0.0)
    ask_lone(stepping, 0, to_ns(0.24), 0.01)
    see_at(stepping, to_ns(0.28), 0.01)
    assert stepping.begin(to_ns(0.29)) is None
    see_at(stepping, to_ns(0.3), 0.005)
    assert stepping.begin(to_ns(0.3)) is None
    assert stepping.why_waiting(to_ns(0.3)) == ''
    see_at(stepping, to_ns(0.35), 0.0096)
    assert stepping.begin(to_ns(0.35)).stamp_ns == to_ns(0.35)


def test_an_arm_that_never_comes_there_is_waited_for_one_period(stepping):
    see_at(stepping, 0, 0.0)
    ask_lone(stepping, 0, to_ns(0.24), 0.01)
    for now_s in (0.3, 0.38):
        see_at(stepping, to_ns(now_s), 0.0)
        assert stepping.begin(to_ns(now_s)) is None
    see_at(stepping, to_ns(0.39), 0.0)
    assert stepping.begin(to_ns(0.39)) is not None


def test_a_first_chunk_shorter_than_what_is_to_be_played_ends_the_asking(deployment):
    session = PolicySession(deployment, Constant(), Schedule(execute_steps=17))
    see(session, 0)
    assert session.finish(session.begin(0), chunk_at(0), 0) is None
    assert isinstance(session.misfit, SettingError)
    assert session.last_failure == str(session.misfit)
    assert 'execute_steps: found 17, and a chunk of this policy has 16' in session.last_failure
    assert session.counts == {'chunks': 0, 'failed_inferences': 1}
    session.restart(1)
    see(session, 2)
    assert session.begin(2) is None
    assert session.why_waiting(2) == ''


def test_a_later_chunk_may_be_shorter(deployment):
    session = PolicySession(deployment, Constant(), Schedule(execute_steps=16))
    see(session, 0)
    session.finish(session.begin(0), chunk_at(0), 0)
    now_ns = to_ns(1.7)
    see(session, now_ns)
    short = ActionChunk(now_ns, to_ns(0.1), np.zeros((2, 8)))
    assert session.finish(session.begin(now_ns), short, now_ns) is not None
    assert session.misfit is None


def test_a_single_step_fits_the_default_schedule(deployment):
    session = PolicySession(deployment, Constant(), Schedule())
    see(session, 0)
    lone = ActionChunk(0, to_ns(0.1), np.zeros((1, 8)))
    assert session.finish(session.begin(0), lone, 0) is not None


def test_a_known_length_is_compared_before_the_first_question(deployment):
    policy = Constant()
    policy.checkpoint = SimpleNamespace(
        network=SimpleNamespace(config=SimpleNamespace(chunk_size=16))
    )
    PolicySession(deployment, policy, Schedule(execute_steps=16))
    with pytest.raises(SettingError, match='found 17'):
        PolicySession(deployment, policy, Schedule(execute_steps=17))


class LookingBack(Constant):
    earlier_steps = 2


def test_a_policy_that_looks_back_gets_what_was_seen_before(deployment):
    session = PolicySession(deployment, LookingBack(), Schedule('async', execute_steps=8))
    for k in range(11):
        see(session, to_ns(0.1 * k))
    seen = session.begin(to_ns(1.0))
    assert [earlier.stamp_ns for earlier in seen.earlier] == [to_ns(0.8), to_ns(0.9)]


def test_images_are_wanted_from_as_far_back_as_the_policy_looks(deployment):
    session = PolicySession(deployment, LookingBack(), Schedule('async', execute_steps=8))
    see(session, 0)
    assert session.wants_images(0)
    observation = session.begin(0)
    assert session.wants_images(1)
    session.finish(observation, chunk_at(0), 0)
    assert not session.wants_images(to_ns(0.59))
    assert session.wants_images(to_ns(0.6))
    assert not session.is_due(to_ns(0.6))


def test_other_policies_want_images_when_an_inference_is_due(session):
    see(session, 0)
    assert session.wants_images(0)
    observation = session.begin(0)
    assert not session.wants_images(1)
    session.finish(observation, chunk_at(0), 0)
    assert not session.wants_images(to_ns(0.79))
    assert session.wants_images(to_ns(0.8))


@pytest.mark.parametrize(
    ('mode', 'delay_s', 'says'),
    [('async', 0.2, ''), ('async', 0.9, 'an answer takes 900 ms'), ('sync', 0.9, '')],
)
def test_answers_that_chunks_cannot_cover_are_said(deployment, mode, delay_s, says):
    session = PolicySession(deployment, Constant(), Schedule(mode))
    now_ns = 0
    for _ in range(4):
        see(session, now_ns)
        observation = session.begin(now_ns)
        now_ns += to_ns(delay_s)
        session.finish(observation, chunk_at(observation.stamp_ns), now_ns)
        now_ns = max(now_ns, session.scheduler._due_ns) + to_ns(1.0)
    assert session.counts['chunks'] == 4
    assert session.gap.partition(',')[0] == says
