from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from vla_contract.observation_history import look_back, with_earlier
from vla_contract.values import Observation


def frames(count: int) -> list[Observation]:
    return [Observation(k, np.zeros(2), {}, '') for k in range(count)]


def stamps(observations) -> list[int]:
    return [observation.stamp_ns for observation in observations]


def test_the_first_frame_of_an_episode_is_repeated():
    assert stamps(look_back(frames(1)[0], 3)) == [0, 0, 0, 0]
    assert stamps(look_back(with_earlier(frames(9), 1, 3), 3)) == [0, 0, 0, 1]


def test_a_policy_of_one_observation_gets_that_one():
    assert stamps(look_back(with_earlier(frames(9), 5, 3), 0)) == [5]


@given(st.integers(0, 30), st.integers(0, 6), st.integers(0, 6))
def test_frames_come_oldest_first_and_end_with_the_newest(index, kept, wanted):
    seen = stamps(look_back(with_earlier(frames(40), index, kept), wanted))
    assert len(seen) == wanted + 1
    oldest = max(0, index - min(kept, wanted))
    assert seen == [max(oldest, index - steps) for steps in range(wanted, -1, -1)]
