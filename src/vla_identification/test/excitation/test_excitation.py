import json

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import NameMismatchError, ResourceNotFoundError, VlaError
from vla_identification.excitation import excitation
from vla_identification.excitation.design import (
    design_excitation,
    ExcitationConfig,
    worst_condition,
)
from vla_identification.excitation.fourier_motion import FourierMotion
from vla_identification.excitation.joint_track import JointTrack, load_track, save_track

CELL = load_cell('vx300s_table')
SHORT = ExcitationConfig(duration_s=4.0, candidates=20)


@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 1000), share=st.floats(0.2, 0.9))
def test_every_motion_keeps_its_share_of_the_limits(seed, share):
    config = ExcitationConfig(duration_s=3.0, candidates=2, share=share)
    found = design_excitation(CELL, config, seed)
    track = found.track(CELL)
    position, dt = track.position, 1.0 / CELL.rates.filter_hz
    velocity = np.diff(position, axis=0) / dt
    acceleration = np.diff(velocity, axis=0) / dt
    for i in CELL.arm:
        joint = CELL.joints[i]
        assert position[:, i].min() > joint.lower
        assert position[:, i].max() < joint.upper
        # Differences of two rates differ by a few per cent at the fastest harmonic.
        assert np.abs(velocity[:, i]).max() < 1.03 * share * joint.velocity
        assert np.abs(acceleration[:, i]).max() < 1.05 * share * joint.acceleration
    assert found.distance_m > 0.0
    assert found.speed_m_s < 1.1 * share * CELL.workspace.speed


def test_it_begins_and_ends_at_rest_at_home():
    position = design_excitation(CELL, SHORT, 0).track(CELL).position
    assert np.allclose(position[[0, -1]], CELL.home)
    assert np.abs(np.diff(position, axis=0)[[0, -1]]).max() < 1e-5
    assert np.ptp(position[:, CELL.arm], axis=0).min() > 0.05
    assert np.ptp(position[:, CELL.grippers]) == 0.0


def test_more_candidates_are_conditioned_better():
    one = design_excitation(CELL, ExcitationConfig(duration_s=4.0, candidates=1), 3)
    many = design_excitation(CELL, ExcitationConfig(duration_s=4.0, candidates=100), 3)
    assert many.condition < one.condition


def test_one_slow_sine_is_conditioned_worse_than_two():
    """At a single frequency speed and dry friction go hand in hand, and so do q and its second
    derivative."""

    def motion(frequencies) -> FourierMotion:
        shape = (len(frequencies), 1)
        frequencies = np.array(frequencies)
        return FourierMotion(
            np.zeros(1), (0,), frequencies, np.zeros(shape), 1 / frequencies[:, None], 10.0, 0.5
        )

    assert worst_condition(motion([0.5])) > 1.3 * worst_condition(motion([0.2, 1.3]))


def test_the_command_writes_a_motion_and_its_figures(tmp_path, capsys):
    output, figures = tmp_path / 'motion.npz', tmp_path / 'motion.json'
    arguments = ['--cell', 'vx300s_table', '--output', str(output), '--duration-s', '3']
    assert excitation.main([*arguments, '--json', str(figures)]) == 0
    assert load_track(output, CELL.joint_names).duration_s == 3.0
    assert json.loads(figures.read_text())['condition_number'] > 1.0
    assert excitation.main(arguments) == 2
    assert '--force' in capsys.readouterr().err
    assert excitation.main([*arguments, '--force', '--share', '2']) == 2
    assert 'share: found 2.0' in capsys.readouterr().err


def test_a_track_comes_back_as_it_was_saved(tmp_path):
    track = JointTrack(('a', 'b'), np.array([0.0, 1.0]), np.array([[0.0, 1.0], [2.0, 1.0]]))
    save_track(tmp_path / 'track.npz', track)
    loaded = load_track(tmp_path / 'track.npz', ('a', 'b'))
    assert np.array_equal(loaded.at(0.25), [0.5, 1.0])
    assert np.array_equal(loaded.at(9.0), [2.0, 1.0])
    with pytest.raises(NameMismatchError, match='another order'):
        load_track(tmp_path / 'track.npz', ('b', 'a'))


def test_what_is_no_track_is_refused(tmp_path):
    with pytest.raises(ResourceNotFoundError, match='vla arm excitation'):
        load_track(tmp_path / 'none.npz', ('a',))
    (tmp_path / 'text.npz').write_text('no motion')
    with pytest.raises(VlaError, match='not a joint trajectory'):
        load_track(tmp_path / 'text.npz', ('a',))
    with pytest.raises(VlaError, match='do not increase'):
        JointTrack(('a',), np.array([0.0, 0.0]), np.zeros((2, 1)))
    with pytest.raises(VlaError, match=r'allowed: \(2, 1\)'):
        JointTrack(('a',), np.array([0.0, 1.0]), np.zeros((2, 2)))
