"""A drive through poses: slow, one after the other, and never stuck."""

import numpy as np
import pytest
from vla_calibration.capture.pose_drive import PoseDrive
from vla_contract.deployment.cell import load_cell
from vla_contract.values import to_ns

CELL = load_cell('panda_table')
HOME = CELL.home
ARM = list(CELL.arm)


def goals(*offsets: float) -> list[np.ndarray]:
    found = [HOME.copy() for _ in offsets]
    for goal, offset in zip(found, offsets, strict=True):
        goal[ARM] += offset
    return found


def drive_to_end(drive: PoseDrive, obeys=True, takes=True, limit_s=120.0) -> list[np.ndarray]:
    """Step a drive with an arm that is where it should be, or that stands still."""
    position, path, now_ns = HOME, [], 0
    while (chunk := drive.step(now_ns, position)) is not None:
        assert now_ns < to_ns(limit_s)
        assert chunk.stamp_ns == now_ns
        path.append(chunk.positions[0])
        if obeys:
            position = chunk.positions[0]
        now_ns += to_ns(0.1)
        if takes and drive.awaits_sample(now_ns):
            drive.sample_taken(now_ns)
    return path


def test_every_pose_is_reached_and_no_step_is_fast():
    drive = PoseDrive(CELL, goals(0.2, -0.2, 0.1), 0.1, 5.0)
    path = np.array(drive_to_end(drive))
    assert drive.is_done
    assert drive.text() == 'drive done, 0 of 3 poses without a sample'
    for goal in goals(0.2, -0.2, 0.1):
        assert np.abs(path - goal).max(axis=1).min() < 0.01
    velocity = np.abs(np.diff(path, axis=0)).max(axis=0) / 0.1
    assert (velocity <= 0.1 * np.array([j.velocity for j in CELL.joints]) + 1e-9).all()


def test_the_gripper_stays_as_it_is():
    drive = PoseDrive(CELL, goals(0.2), 0.1, 5.0)
    held = HOME.copy()
    held[7] = 0.5
    chunk = drive.step(0, held)
    assert (chunk.positions[:, 7] == 0.5).all()


@pytest.mark.parametrize('obeys', [True, False])
def test_a_pose_without_a_sample_is_left_after_a_while(obeys):
    drive = PoseDrive(CELL, goals(0.2, 0.3), 0.2, 3.0)
    drive_to_end(drive, obeys=obeys, takes=False)
    assert drive.skipped == [0, 1]
    assert drive.text() == 'drive done, 2 of 2 poses without a sample'


def test_an_image_from_before_the_arrival_is_no_sample():
    drive = PoseDrive(CELL, goals(0.0), 0.2, 3.0)
    drive.step(0, HOME)
    drive.step(to_ns(0.5), HOME)
    assert not drive.awaits_sample(to_ns(0.4))
    assert drive.awaits_sample(to_ns(0.6))


def test_halt_ends_at_rest_near_the_place():
    drive = PoseDrive(CELL, goals(0.5), 0.2, 3.0)
    assert drive.halt(0) is None
    drive.step(0, HOME)
    chunk = drive.halt(to_ns(0.5))
    assert np.ptp(chunk.positions, axis=0).max() == 0.0
    assert drive.is_done
    assert drive.step(to_ns(0.6), HOME) is None
    assert drive.halt(to_ns(0.7)) is None
