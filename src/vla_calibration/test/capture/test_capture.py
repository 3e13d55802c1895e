"""A session from the first image to a calibration that is right."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from simulated_cell import (
    board_in_camera,
    CELL,
    image_at,
    joints_at,
    LENS,
    POINTS,
    positions_in_view,
    X,
)
from vla_calibration.board.boards import BoardError
from vla_calibration.capture.annotate import annotate, progress_line
from vla_calibration.capture.capture import Capture
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.capture.folder import list_samples, load_sample
from vla_calibration.capture.pose_list import load_poses
from vla_calibration.capture.sample_store import SampleStore
from vla_calibration.capture.session import make_session
from vla_calibration.hand_eye.calibrate_hand_eye import main as calibrate_hand_eye
from vla_calibration.hand_eye.hand_eye import calibrate_hand_eye as solve_hand_eye
from vla_calibration.hand_eye.image_views import read_image_views
from vla_calibration.hand_eye.solve.problem import Frames
from vla_contract.errors import VlaError
from vla_contract.values import to_ns

CONFIG = CaptureConfig(samples=9, target_sigma_mm=3.0)
POSITIONS = positions_in_view(9)
IMAGES = [image_at(position, seed) for seed, position in enumerate(POSITIONS)]


def named(position) -> dict[str, float]:
    return dict(zip(CELL.joint_names, position, strict=True))


class Cell:
    """Feeds a capture with joint states and images of a clock of its own."""

    def __init__(self, folder, config=CONFIG, candidates=(), lens=LENS) -> None:
        self.store = SampleStore(folder, make_session(CELL, config))
        self.capture = Capture(CELL, config, self.store, candidates)
        if lens is not None:
            self.capture.set_lens(lens)
        self.time_s = 0.0

    def stand(self, position, image, seconds: float = 0.7):
        """Stand at a position for a while; returns the last look."""
        end_s = self.time_s + seconds
        look = None
        while self.time_s < end_s:
            self.capture.offer_joints(joints_at(self.time_s, position))
            self.capture.offer_joints(joints_at(self.time_s + 0.05, position))
            look = self.capture.look(to_ns(self.time_s + 0.03), image)
            self.time_s += 0.1
        return look


@pytest.fixture
def cell(tmp_path) -> Cell:
    return Cell(tmp_path / 'samples')


@pytest.fixture(scope='module')
def full(tmp_path_factory) -> Cell:
    """A cell in which all views were taken by themselves."""
    cell = Cell(tmp_path_factory.mktemp('full') / 'samples')
    cell.capture.is_running = True
    for position, image in zip(POSITIONS, IMAGES, strict=True):
        cell.stand(position, image)
    return cell


def test_views_are_taken_by_themselves_once_each_and_the_session_ends(full):
    progress = full.capture.progress()
    assert progress.taken == len(full.store) == 9
    assert progress.is_complete
    assert not full.capture.is_running
    assert 0.0 < progress.sigma_mm < 3.0
    assert progress.problem == ''
    assert 'complete' in progress_line(progress)


def test_each_pose_is_the_arms_at_the_stamp_of_its_image(full):
    for stored, position in zip(list_samples(full.store.folder), POSITIONS, strict=True):
        sample = load_sample(full.store.folder, stored)
        assert sample.joints == pytest.approx(named(position))
        assert (sample.tool.parent, sample.tool.child) == ('panda_link0', 'panda_hand_tcp')


def test_the_hand_eye_of_the_samples_is_the_true_one(full):
    session = make_session(CELL, CONFIG)
    frames = Frames(session.base_frame, session.tool_frame, session.camera_frame, 'board')
    views = read_image_views(full.store.folder, session.board, LENS, frames)
    result = solve_hand_eye(views.used, session.setup, frames)
    assert (result.camera.parent, result.camera.child) == (frames.gripper, frames.camera)
    # The arm is exact and images are small: what is left is the noise of the corners.
    assert 1000 * np.linalg.norm(result.camera.position - X[:3, 3]) < 2.0


def test_the_command_reads_the_folder_without_any_option(full, capsys):
    assert calibrate_hand_eye([str(full.store.folder)]) in (0, 1)
    assert 'pose of camera_color_optical_frame in panda_hand_tcp' in capsys.readouterr().out


def test_the_next_view_is_in_sight_and_lowers_the_error(full):
    proposal = full.capture.proposal
    T = proposal.candidate.T_camera_board
    assert np.linalg.norm(T[:3, 3] - board_in_camera(proposal.candidate.position)[:3, 3]) < 0.02
    assert 1000 * proposal.sigma_m < full.capture.progress().sigma_mm


def test_a_session_goes_on_where_it_ended(full):
    session = make_session(CELL, CONFIG)
    again = Capture(CELL, CONFIG, SampleStore(full.store.folder, session))
    again.set_lens(LENS)
    assert progress_line(again.progress()) == progress_line(full.capture.progress())
    other = replace(LENS, K=LENS.K * [[1.1, 1, 1], [1, 1, 1], [1, 1, 1]])
    third = Capture(CELL, CONFIG, SampleStore(full.store.folder, session))
    with pytest.raises(VlaError, match='captured with other intrinsics'):
        third.set_lens(other)


def test_the_picture_shows_corners_cells_text_and_the_next_view(full):
    capture = full.capture
    picture = annotate(
        capture.last, capture.progress(), capture.coverage, LENS,
        capture.proposal.candidate.T_camera_board, POINTS,
    )  # fmt: skip
    assert picture.shape[1:] == (640, 3)
    plain = cv2.resize(capture.last.image, (640, 480))
    assert not np.array_equal(picture[-480:], plain)


def test_nothing_is_taken_before_start(cell):
    cell.stand(POSITIONS[0], IMAGES[0])
    assert cell.capture.progress().taken == 0
    assert cell.capture.take() == ''
    assert cell.capture.take() == 'this image is taken already'
    assert cell.capture.progress().taken == 1


def test_nothing_is_taken_while_the_arm_moves(cell):
    cell.stand(POSITIONS[0], IMAGES[0])
    look = cell.stand(POSITIONS[0] + 0.001, IMAGES[0], 0.3)
    assert 'the arm moved' in look.reasons[0]
    assert 'the arm moved' in cell.capture.take()
    assert cell.stand(POSITIONS[0] + 0.001, IMAGES[0], 0.5).reasons == ()


def test_nothing_is_taken_while_the_board_moves(cell):
    cell.stand(POSITIONS[0], IMAGES[0])
    look = cell.stand(POSITIONS[0], np.roll(IMAGES[0], 2, axis=1), 0.1)
    assert 'the board moved 2 px' in look.reasons[0]


def test_a_blurred_image_is_refused(cell):
    blurred = cv2.GaussianBlur(IMAGES[0], (0, 0), 3.0)
    look = cell.stand(POSITIONS[0], blurred)
    assert look.detection is None or any('blurred by' in reason for reason in look.reasons)
    assert cell.capture.take() != ''


def test_without_board_or_joints_or_intrinsics_the_reason_is_named(tmp_path, cell):
    assert cell.capture.take() == 'no image yet'
    assert cell.stand(POSITIONS[0], np.full_like(IMAGES[0], 99)).reasons == ('no board in view',)
    lonely = Cell(tmp_path / 'lonely')
    for k in range(10):
        look = lonely.capture.look(to_ns(0.1 * k), IMAGES[0])
    assert look.reasons == (
        'joint_states do not cover the last 0.5 s',
        'no joint_states around the stamp of the image',
    )
    blind = Cell(tmp_path / 'blind', lens=None)
    assert blind.stand(POSITIONS[0], IMAGES[0]).reasons == (
        'camera_info has no intrinsics: calibrate them first',
    )


def test_undo_takes_back_the_newest_and_its_worth(cell):
    for position, image in zip(POSITIONS[:3], IMAGES, strict=False):
        cell.stand(position, image)
        assert cell.capture.take() == ''
    before = cell.capture.progress()
    cell.stand(POSITIONS[3], IMAGES[3])
    cell.capture.take()
    assert cell.capture.progress().sigma_mm < before.sigma_mm
    assert cell.capture.undo()
    assert progress_line(cell.capture.progress()) == progress_line(before)
    for _ in range(3):
        assert cell.capture.undo()
    assert not cell.capture.undo()


def test_before_the_camera_is_known_the_most_turned_pose_is_next(tmp_path):
    turned = POSITIONS[0].copy()
    turned[6] += 2.0
    cell = Cell(tmp_path / 'samples', candidates=[POSITIONS[0], turned, POSITIONS[1]])
    assert cell.capture.proposal is None
    cell.stand(POSITIONS[0], IMAGES[0])
    cell.capture.take()
    assert np.array_equal(cell.capture.proposal.candidate.position, turned)


def test_images_alone_need_neither_joints_nor_intrinsics(tmp_path):
    config = CaptureConfig(setup='intrinsics', samples=2)
    cell = Cell(tmp_path / 'samples', config, lens=None)
    cell.capture.is_running = True
    for position, image in zip(POSITIONS[:2], IMAGES, strict=False):
        cell.stand(position, image)
    progress = cell.capture.progress()
    assert progress.is_complete
    assert progress.sigma_mm is None
    assert 'hand-eye' not in progress_line(progress)


def test_an_ambiguous_board_is_refused_for_hand_eye_only(tmp_path):
    with pytest.raises(BoardError, match='looks the same after half a turn'):
        Cell(tmp_path / 'a', CaptureConfig(board_size='8x6'))
    Cell(tmp_path / 'b', CaptureConfig(board_size='8x6', setup='intrinsics'))


def test_a_list_of_poses_is_read_by_joint_name(tmp_path):
    names = [CELL.joints[i].name for i in reversed(CELL.arm)]
    file = tmp_path / 'poses.yaml'
    file.write_text(f'joints: {names}\nposes:\n  - [0.7, 2.0, 0.1, -2.0, 0.3, 0.2, 0.1]\n')
    assert load_poses(file, CELL)[0] == pytest.approx([0.1, 0.2, 0.3, -2.0, 0.1, 2.0, 0.7, 0])


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('poses: []', 'found poses; allowed: joints, poses'),
        ('joints: [a]\nposes: [[1]]', 'missing panda_joint1'),
        ('joints: {names}\nposes: [[0, 0, 0, -2, 0, 2]]', 'a list of 7 numbers'),
        (
            'joints: {names}\nposes: [[0, 0, 0, -2, 0, 200, 0]]',
            'panda_joint6: found 200',
        ),
        ('joints: {names}\nposes: [[0, 0, 0, -2, 0, .nan, 0]]', 'panda_joint6: found nan'),
    ],
)
def test_a_wrong_list_of_poses_is_one_clear_sentence(tmp_path, content, message):
    names = [CELL.joints[i].name for i in CELL.arm]
    (tmp_path / 'poses.yaml').write_text(content.replace('{names}', str(names)))
    with pytest.raises(VlaError, match=message):
        load_poses(tmp_path / 'poses.yaml', CELL)
