import numpy as np
from vla_rollout.diagnosis.detectors.motion.hunting import Hunting


def test_a_joint_that_shakes_alone_hunts_and_one_that_follows_late_does_not(cell, cycle):
    hunts, follows = Hunting(cell), Hunting(cell)

    def wave(k):
        there = cell.home
        there[3] += 0.12 * np.sin(2 * np.pi * 3.0 * k / 100)
        return there

    for k in range(300):
        score = hunts.see_cycle(cycle(k, command=cell.home, measured=wave(k)))
        late = follows.see_cycle(cycle(k, command=wave(k), measured=wave(max(0, k - 15))))
        assert late < 0.3 * follows.floor
    assert score > 5 * hunts.floor
    assert hunts.evidence == 'panda_joint4 shakes, its command does not'


def test_the_noise_of_encoders_is_no_hunting(cell, cycle):
    detector, rng = Hunting(cell), np.random.default_rng(0)
    for k in range(300):
        noisy = cell.home + rng.normal(0.0, 0.0005, len(cell.home))
        assert detector.see_cycle(cycle(k, command=cell.home, measured=noisy)) < detector.floor
