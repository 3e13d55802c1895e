from dataclasses import replace
import json

import numpy as np
import pytest
from recorded_world import CELL, DEPLOYMENT, hidden_world, record, waves
from vla_contract.page.testing import faults_of
from vla_identification.arm import identify
from vla_identification.arm.arm_simulator import ArmSimulator
from vla_identification.arm.findings import IDENTIFIED, UNIDENTIFIABLE
from vla_identification.arm.identify import Identification, identification_of
from vla_identification.gap import gap
from vla_identification.gap.replay_gap import split_for_validation
from vla_identification.motion_recording import MotionRecording, save_recording
from vla_sim_bridge.randomization.randomization import load_randomization
from vla_sim_bridge.scene.world import World

HIDDEN = {
    'control_latency': np.array([36.0]),
    'joint_friction': np.array([0.15, 0.3, 0.2, 0.05, 0.1, 0.05]),
    'joint_armature': np.array([1.3, 0.8, 1.2, 0.9, 1.1, 1.0]),
    'actuator_strength': np.array([0.85, 1.1, 0.9, 1.15, 1.0, 0.9]),
    'backlash': np.array([0.002, 0.001, 0.0, 0.003, 0.002, 0.001]),
    'encoder_offset': np.array([0.004, -0.003, 0.002, 0.0, -0.002, 0.003]),
    'joint_noise': np.array([2e-5]),
}


@pytest.fixture(scope='module')
def recordings() -> list[MotionRecording]:
    world = hidden_world(HIDDEN)
    both = [record(world, waves(amplitude=a), 2.5) for a in (0.3, 0.25)]
    return [replace(r, object_s=np.empty(0), object_pose=np.empty((0, 7))) for r in both]


@pytest.fixture(scope='module')
def found(recordings) -> Identification:
    return identification_of(ArmSimulator(DEPLOYMENT), recordings)


@pytest.fixture
def logs(recordings, tmp_path) -> list[str]:
    paths = [tmp_path / f'{name}.npz' for name in ('fit', 'held_out')]
    for path, recording in zip(paths, recordings, strict=True):
        save_recording(path, recording)
    return [str(path) for path in paths]


def test_the_delay_of_a_hidden_robot_is_found_within_one_control_period(found):
    latency = found.findings[0]
    assert latency.term == 'control_latency'
    assert latency.verdict == IDENTIFIED
    assert abs(latency.value - 36.0) < 1000.0 / CELL.rates.filter_hz


def test_what_is_called_identified_is_within_a_tenth(found):
    known = [finding for finding in found.findings if finding.verdict == IDENTIFIED]
    truth = {
        f'{term} {CELL.joints[i].name}': HIDDEN[term][k]
        for term in ('joint_friction', 'actuator_strength')
        for k, i in enumerate(CELL.arm)
    }
    checked = [finding for finding in known if finding.name in truth]
    assert checked
    for finding in checked:
        assert finding.value == pytest.approx(truth[finding.name], rel=0.1), finding.name


def test_the_damping_of_servos_is_found_where_joints_have_none(found):
    damping = [finding for finding in found.findings if finding.term == 'joint_damping']
    assert {finding.verdict for finding in damping} == {IDENTIFIED}
    assert [finding.value for finding in damping] == pytest.approx([1.0] * 6, rel=0.1)


def test_what_the_motion_does_not_show_is_called_not_identifiable():
    """The whole arm stands but for its last joint."""
    last = CELL.arm[-1]
    moves, only_last = waves(amplitude=0.3), np.arange(len(CELL.joints)) == last
    recording = record(hidden_world(HIDDEN), lambda time_s: moves(time_s) * only_last, 2.5)
    still = replace(recording, object_s=np.empty(0), object_pose=np.empty((0, 7)))
    found = identification_of(ArmSimulator(DEPLOYMENT), [still])
    standing = [
        finding
        for finding in found.findings
        if finding.term == 'joint_friction' and finding.joint != CELL.joints[last].name
    ]
    assert {finding.verdict for finding in standing} == {UNIDENTIFIABLE}
    assert any('joint_friction' in text for text in found.blind)


def test_the_error_on_other_motion_falls_by_five(found):
    assert found.improvement > 5.0
    assert found.before.tool_rms_mm > 5.0 * found.after.tool_rms_mm


def test_the_commands_write_what_a_world_can_load(logs, tmp_path, capsys, monkeypatch, found):
    monkeypatch.setattr(identify, 'identification_of', lambda *_, **__: found)
    robot = ['--deployment', 'vx300s_lift_cube']
    output, page, figures = (tmp_path / name for name in ('arm.yaml', 'arm.html', 'arm.json'))
    arguments = ['--log', *logs, *robot, '--output', str(output)]
    assert identify.main([*arguments, '--report', str(page), '--json', str(figures)]) == 0
    assert 'held-out replay' in capsys.readouterr().out
    shown = page.read_text()
    assert shown.count('<svg') == 1
    assert shown.index('times nearer to the held-out motion') < shown.index('<h2>')
    assert faults_of(page) == []
    assert json.loads(figures.read_text())['held_out']['improvement'] > 5.0
    config = load_randomization(str(output))
    drawn = World(DEPLOYMENT, config).reset(3)['randomization']['values']
    assert drawn['control_latency']['value'] == pytest.approx(36.0, abs=2.0)
    assert drawn['encoder_offset']['value'] == pytest.approx(HIDDEN['encoder_offset'], abs=1e-3)
    assert identify.main(arguments) == 2
    plot = tmp_path / 'gap.png'
    again = ['--log', logs[1], *robot, '--after', str(output), '--plot', str(plot)]
    assert gap.main(again) == 0
    assert plot.read_bytes().startswith(b'\x89PNG')
    assert gap.main(['--log', logs[1], *robot, '--before', str(output), '--after', 'none']) == 1


def test_one_recording_is_split_in_time_and_its_beginning_left_out(recordings):
    fitted, held_out = split_for_validation(recordings[:1])
    time_s = recordings[0].measured_s
    assert time_s[fitted[0].counts].min() == pytest.approx(1.0)
    assert time_s[fitted[0].counts].max() < time_s[held_out.counts].min()
    assert time_s[held_out.counts].min() == pytest.approx(time_s[-1] * 2 / 3, abs=0.02)
    assert time_s[held_out.counts].max() == time_s[-1]


@pytest.mark.parametrize(
    ('name', 'message'),
    [('none.npz', 'not found'), ('episode.mcap', 'vla arm extract-motion')],
)
def test_what_is_no_motion_is_one_sentence(tmp_path, capsys, name, message):
    output = str(tmp_path / 'out.yaml')
    assert identify.main(['--log', str(tmp_path / name), '--output', output]) == 2
    assert message in capsys.readouterr().err


def test_joints_are_taken_by_name(recordings, tmp_path, capsys):
    other = replace(recordings[0], names=('a', *recordings[0].names[1:]))
    save_recording(tmp_path / 'other.npz', other)
    arguments = ['--log', str(tmp_path / 'other.npz'), '--deployment', 'vx300s_lift_cube']
    assert identify.main([*arguments, '--output', str(tmp_path / 'out.yaml')]) == 2
    assert 'missing waist' in capsys.readouterr().err
