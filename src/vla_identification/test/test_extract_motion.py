import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.recordings.testing import header, joint_state, write_recording
from vla_identification.extract_motion import main, read_motion
from vla_identification.motion_recording import load_recording

CELL = load_cell('vx300s_table')
MS = 1_000_000


def joints(ms: int, shift: float, joints_of: slice = slice(None)) -> dict:
    names, position = CELL.joint_names[joints_of], CELL.home[joints_of] + shift
    return joint_state(5_000_000_000 + ms * MS, names, position)


def pose(ms: int) -> dict:
    place = {'position': {'x': 0.3}, 'orientation': {'x': 0.0, 'y': 0.0, 'z': 0.0, 'w': 1.0}}
    return {'header': header(5_000_000_000 + ms * MS), 'pose': place}


def write(path, streams, space='robot') -> None:
    """Write topics with messages at times [ms]; each is logged 3 ms after its stamp."""
    messages = [
        (5_000_000_000 + (ms + 3) * MS, f'/{space}/{topic}', message)
        for topic, several in streams.items()
        for ms, message in several
    ]
    write_recording(path, messages)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / 'episode.mcap'
    write(path, {
        'joint_states': [(ms, joints(ms, 1e-3 * ms)) for ms in range(0, 200, 10)],
        'action_filter/action': [(ms, joints(ms, 2e-3 * ms)) for ms in range(5, 200, 10)],
        'sim/target_pose': [(ms, pose(ms)) for ms in (0, 100)],
    })  # fmt: skip
    return path


def test_motion_is_what_was_stamped_on_the_two_topics(recording):
    motion = read_motion(recording, CELL)
    assert motion.measured_s == pytest.approx(np.arange(20) * 0.01)
    assert motion.command_s == pytest.approx(0.005 + np.arange(20) * 0.01)
    assert motion.measured[3] == pytest.approx(CELL.home + 0.03)
    assert motion.command[0] == pytest.approx(CELL.home + 0.01)
    assert motion.measured_delivery_s == pytest.approx(np.full(20, 0.003))
    assert motion.object_s == pytest.approx([0.0, 0.1])
    assert motion.object_pose[1] == pytest.approx([0.3, 0, 0, 1, 0, 0, 0])


def test_arm_and_gripper_of_separate_drivers_are_one_motion(tmp_path):
    path = tmp_path / 'separate.mcap'
    arm, gripper = slice(6), slice(6, None)
    parts = [(ms, joints(ms, 1e-3 * ms, arm)) for ms in range(0, 200, 10)]
    parts += [(ms, joints(ms, 0.01, gripper)) for ms in range(5, 200, 40)]
    write(path, {
        'joint_states': sorted(parts, key=lambda each: each[0]),
        'action_filter/action': [(ms, joints(ms, 2e-3 * ms)) for ms in range(5, 200, 10)],
    })  # fmt: skip
    motion = read_motion(path, CELL)
    assert len(motion.measured) == 20
    assert motion.measured[5][arm] == pytest.approx(CELL.home[arm] + 0.05)
    assert motion.measured[5][gripper] == pytest.approx(CELL.home[gripper] + 0.01)


def test_the_command_writes_what_identify_reads(recording, tmp_path, capsys):
    output = tmp_path / 'motion.npz'
    arguments = [str(recording), '--cell', 'vx300s_table', '--output', str(output)]
    assert main(arguments) == 0
    assert '20 commands and 20 joint states' in capsys.readouterr().out
    assert load_recording(output).names == CELL.joint_names
    assert main(arguments) == 2


def test_a_recording_without_commands_is_refused(tmp_path):
    path = tmp_path / 'silent.mcap'
    write(path, {'joint_states': [(ms, joints(ms, 0.0)) for ms in range(0, 50, 10)]})
    with pytest.raises(VlaError, match='found 0 messages on action_filter/action'):
        read_motion(path, CELL)
