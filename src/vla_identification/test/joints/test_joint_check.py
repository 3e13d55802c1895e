"""Wrong orders, signs and units are named; the right robot passes."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.joints.trajectory import (
    chunk_of,
    Excitation,
    excitation_of,
    InTurn,
    joint_move,
)
from vla_identification.joints.check_joints import main
from vla_identification.joints.joint_check import check_joints
from vla_identification.joints.motion_latency import measure_latencies, pooled
from vla_identification.motion_recording import load_recording, MotionRecording, save_recording

CELL = load_cell('panda_table')
NAMES = CELL.joint_names
TIME = np.arange(0.0, 19.0, 0.02)


def record(order=range(8), signs=(1,) * 8, delay_s=0.08, gain=1.0, noise=1e-4, seed=0):
    """Record an arm whose joint k follows command order[k], times its sign."""
    sway = Excitation(CELL.home, CELL.arm, 0.05)
    command = np.array([sway.at(t) for t in TIME])
    late = np.array([sway.at(t - delay_s) for t in TIME])
    measured = CELL.home + gain * ((late - CELL.home) * signs)[:, list(order)]
    measured = measured + np.random.default_rng(seed).normal(0.0, noise, measured.shape)
    return MotionRecording(NAMES, TIME, command, TIME, measured)


def test_a_robot_that_obeys_has_no_problems():
    check = check_joints(record())
    assert check.problems == ()
    assert [f.moved for f in check.findings] == list(NAMES[:7])
    assert check.untested == (NAMES[7],)
    for finding in check.findings:
        assert finding.gain == pytest.approx(1.0, abs=0.01)
        assert finding.delay.seconds == pytest.approx(0.08, abs=2e-3)


@settings(deadline=None, max_examples=6)
@given(
    order=st.permutations(range(7)),
    signs=st.lists(st.sampled_from([1, -1]), min_size=7, max_size=7),
    seed=st.integers(0, 100),
)
def test_every_permutation_and_sign_is_named(order, signs, seed):
    check = check_joints(record([*order, 7], [*signs, 1], seed=seed))
    for finding, joint in zip(check.findings, range(7), strict=True):
        moved = order.index(joint)
        assert finding.moved == NAMES[moved]
        assert np.sign(finding.gain) == signs[joint]
        assert (f'{NAMES[moved]} moved' in finding.problem) == (moved != joint)
        assert ('the other way round' in finding.problem) == (signs[joint] < 0)


def test_the_sentence_says_which_joint_moved_and_how():
    order = [1, 0, 2, 3, 4, 5, 6, 7]
    check = check_joints(record(order, [-1, 1, 1, 1, 1, 1, 1, 1]))
    assert check.problems == (
        'panda_joint1 was told to move: panda_joint2 moved, and it moved the other way round',
        'panda_joint2 was told to move: panda_joint1 moved',
    )


def test_degrees_for_radians_are_named():
    check = check_joints(record(gain=np.degrees(1.0), noise=0.0))
    assert 'degrees are reported for radians commanded?' in check.problems[0]


def test_a_joint_that_stands_still_is_named():
    recording = record()
    recording.measured[:, 3] = CELL.home[3]
    assert check_joints(recording).problems == ('panda_joint4 was told to move and none did',)


def test_another_zero_is_named():
    recording = record()
    recording.measured[:, 2] += 0.1
    assert 'panda_joint3 was told to move: it rests +0.1' in check_joints(recording).problems[0]


def scene(shift_px: float) -> np.ndarray:
    """A camera's small picture of a patterned thing that moves to the right."""
    x, y = np.meshgrid(np.arange(96.0) - shift_px, np.arange(72.0))
    value = 120.0 + 60.0 * np.sin(x / 4.0) * np.cos(y / 5.0)
    return np.clip(np.round(value), 0, 255).astype(np.uint8)


@pytest.mark.parametrize('delay_s', [-0.05, 0.033])
def test_the_delay_of_images_is_found_from_their_motion_alone(delay_s):
    recording = record(delay_s=0.05)
    image_s = np.arange(0.0, 18.9, 1.0 / 15.0)
    rng = np.random.default_rng(0)
    sway = Excitation(CELL.home, CELL.arm, 0.05)
    images = []
    for time in image_s:
        offset = (sway.at(time - delay_s - 0.05) - CELL.home)[:7]
        noise = rng.normal(0.0, 2.0, (72, 96))
        image = scene(float(offset @ [20, 16, 12, 16, 2, 12, 0.0]))
        images.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    recording = MotionRecording(
        NAMES, TIME, recording.command, TIME, recording.measured,
        image_s=image_s, images=np.array(images), image_delivery_s=np.full(len(image_s), 0.02),
    )  # fmt: skip
    latencies = measure_latencies(recording, check_joints(recording))
    assert latencies.robot.seconds == pytest.approx(0.05, abs=1e-3)
    assert latencies.image.seconds == pytest.approx(delay_s, abs=3e-3)
    total = latencies.command_to_arrived_image_s
    assert total == pytest.approx(0.05 + delay_s + 0.02, abs=4e-3)


def test_nothing_trustworthy_pools_to_nothing():
    assert pooled([None]) is None


def test_excitation_sways_one_joint_at_a_time_and_comes_back():
    sway = Excitation(CELL.home, CELL.arm, 0.05)
    path = np.array([sway.at(t) for t in np.arange(0.0, sway.duration_s, 0.005)]) - CELL.home
    assert np.abs(path).max(axis=0)[:7] == pytest.approx(0.05, rel=0.01)
    assert (np.count_nonzero(np.abs(path) > 1e-9, axis=1) <= 1).all()
    assert np.array_equal(sway.at(sway.duration_s), CELL.home)


@settings(deadline=None)
@given(seed=st.integers(0, 1000), speed=st.floats(0.01, 0.5))
def test_a_move_keeps_its_share_of_the_limits(seed, speed):
    rng = np.random.default_rng(seed)
    start, goal = ([rng.uniform(j.lower, j.upper) for j in CELL.joints] for _ in range(2))
    move = joint_move(CELL, np.array(start), np.array(goal), speed)
    times = np.linspace(0.0, move.duration_s, 400)
    path = np.array([move.at(t) for t in times])
    velocity = np.abs(np.diff(path, axis=0)) / np.diff(times)[:, None]
    limits = np.array([[j.velocity, j.acceleration] for j in CELL.joints]) * [speed, speed**2]
    assert (velocity <= 1.001 * limits[:, 0]).all()
    acceleration = np.abs(np.diff(path, 2, axis=0)) / (times[1] - times[0]) ** 2
    assert (acceleration <= 1.01 * limits[:, 1]).all()
    assert path[-1] == pytest.approx(np.array(goal))


def test_trajectories_in_turn_join_without_a_step():
    home = CELL.home
    there = joint_move(CELL, home, home + 0.1, 0.3)
    back = joint_move(CELL, home + 0.1, home, 0.3)
    both = InTurn((there, back))
    assert both.duration_s == there.duration_s + back.duration_s
    times = np.linspace(-0.1, both.duration_s + 0.1, 400)
    path = np.array([both.at(time) for time in times])
    assert np.allclose(path[[0, -1]], home)
    assert np.abs(np.diff(path, axis=0)).max() < 0.01
    assert path[:, 0].max() == pytest.approx(home[0] + 0.1, abs=1e-4)


def test_a_chunk_is_what_remains_of_a_trajectory():
    move = joint_move(CELL, CELL.home, CELL.home + 0.1, 0.1)
    chunk = chunk_of(move, begin_ns=1_000_000_000, now_ns=1_300_000_000, fps=10.0, horizon_s=1.0)
    assert chunk.stamp_ns == 1_300_000_000
    assert chunk.period_ns == 100_000_000
    assert chunk.positions[2] == pytest.approx(move.at(0.5))


@pytest.mark.parametrize('suffix', ['npz', 'csv'])
def test_the_command_reads_what_was_recorded(tmp_path, capsys, suffix):
    recording, path = record(), tmp_path / f'motion.{suffix}'
    if suffix == 'npz':
        save_recording(path, recording)
    else:
        header = ['time_s', *(f'command.{n}' for n in NAMES), *(f'measured.{n}' for n in NAMES)]
        table = np.column_stack([TIME, recording.command, recording.measured])
        np.savetxt(path, table, delimiter=',', header=','.join(header), comments='')
    assert main([str(path), '--json', str(tmp_path / 'out.json')]) == 0
    assert 'command to joint_states (robot)' in capsys.readouterr().out
    figures = json.loads((tmp_path / 'out.json').read_text())
    assert figures['problems'] == []
    assert figures['robot_delay']['seconds'] == pytest.approx(0.08, abs=2e-3)


def test_the_command_ends_with_1_on_a_wrong_order(tmp_path, capsys):
    save_recording(tmp_path / 'motion.npz', record([1, 0, 2, 3, 4, 5, 6, 7]))
    assert main([str(tmp_path / 'motion.npz')]) == 1
    assert 'problem: panda_joint1 was told to move: panda_joint2 moved' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('none.npz', None, 'recording not found'),
        ('bad.npz', b'no archive', 'is no recording of joint motion'),
        ('bad.csv', b'time_s,command.a\n0,0\n1,1\n', 'lacks columns measured.a'),
        ('text.csv', b'time_s\nhello\n', 'is no table of numbers'),
        ('still.csv', b'time_s,command.a,measured.a\n0,1,1\n0,1,1\n', 'do not increase'),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path, capsys, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(VlaError, match=message):
        load_recording(tmp_path / name)
    assert main([str(tmp_path / name)]) == 2


def test_only_the_arms_joints_are_swayed_and_none_near_its_limit():
    sway = excitation_of(CELL, CELL.home, ['panda_joint6', 'panda_joint1'], 0.05, 2.0)
    assert sway.joints == (5, 0)
    assert excitation_of(CELL, CELL.home, [], 0.05, 2.0).joints == CELL.arm
    with pytest.raises(VlaError, match="joint 'robotiq_85_left_knuckle_joint' is not in the arm"):
        excitation_of(CELL, CELL.home, [NAMES[7]], 0.05, 2.0)
    bent = CELL.home.copy()
    bent[3] = CELL.joints[3].upper - 0.01
    with pytest.raises(VlaError, match='panda_joint4 stands at -0.080 rad'):
        excitation_of(CELL, bent, [], 0.05, 2.0)
