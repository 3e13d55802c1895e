from pathlib import Path

import cv2
from intrinsics_views import BOARD, LENS, poses
import numpy as np
import pytest
from vla_calibration.board.boards import Board
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.lens.grey_image import read_grey
from vla_calibration.lens.image_set import find_images, ImageSetError, read_image_set
from vla_contract.errors import VlaError


@pytest.fixture(scope='module')
def views() -> list[np.ndarray]:
    return [render_view(BOARD, LENS, T, seed=i) for i, T in enumerate(poses(3, 30.0, spread=0.02))]


@pytest.fixture
def folder(tmp_path: Path, views: list[np.ndarray]) -> Path:
    for i, image in enumerate(views):
        cv2.imwrite(str(tmp_path / f'view{i}.png'), image)
    return tmp_path


def read(folder: Path, board: Board = BOARD):
    return read_image_set(find_images([folder]), board)


def test_images_are_found_by_name_and_read_in_order(folder):
    (folder / 'notes.txt').write_text('no image')
    assert [p.name for p in find_images([folder], 'view[01]*')] == ['view0.png', 'view1.png']
    images = read(folder)
    assert images.size == (640, 480)
    assert [image.path.name for image in images.used] == ['view0.png', 'view1.png', 'view2.png']
    assert all(len(image.sha256) == 64 for image in images.used)
    assert [len(d) for d in images.detections] == [54, 54, 54]


def test_each_file_that_cannot_be_used_says_why(folder):
    (folder / 'broken.png').write_bytes(b'no picture')
    (folder / 'empty.jpg').write_bytes(b'')
    cv2.imwrite(str(folder / 'blank.png'), np.full((480, 640), 200, np.uint8))
    (folder / 'zcopy.png').write_bytes((folder / 'view0.png').read_bytes())
    noise = np.random.default_rng(0).integers(0, 255, (480, 640)).astype(np.uint8)
    cv2.imwrite(str(folder / 'noise.png'), noise)
    images = read(folder)
    assert len(images.used) == 3
    assert [image.problem for image in images.skipped] == [
        'blank.png is blank (all of one grey)',
        'broken.png is no image, or is cut short',
        'empty.jpg is no image, or is cut short',
        'noise.png shows no whole 9x6 chessboard',
        'zcopy.png is a copy of view0.png',
    ]


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_a_file_cut_short_is_noticed_although_opencv_decodes_it(views, suffix):
    data = cv2.imencode(suffix, views[0])[1].tobytes()
    assert read_grey(data).shape == (480, 640)
    assert read_grey(data[: len(data) // 2]) is None
    # A note behind the end does no harm.
    assert read_grey(data + b'maker note') is not None


def test_different_sizes_are_one_sentence(folder):
    image = cv2.imread(str(folder / 'view0.png'))
    cv2.imwrite(str(folder / 'small.png'), cv2.resize(image, (320, 240)))
    with pytest.raises(ImageSetError, match=r'640x480: 3 \(e.g. view0.png\); 320x240: 1 \(e.g. s'):
        read(folder)


def test_a_wrong_board_size_says_what_is_seen(folder):
    with pytest.raises(ImageSetError, match='10x7 chessboard is in none of 3.*shows one of 9x6'):
        read(folder, Board('chessboard', 10, 7, 0.025))


def test_a_charuco_board_named_the_wrong_way_round_is_told(tmp_path):
    board = Board('charuco', 7, 5, 0.03, 0.022)
    cv2.imwrite(str(tmp_path / 'a.png'), render_view(board, LENS, poses(1, 20.0, spread=0.01)[0]))
    with pytest.raises(ImageSetError, match='5x7 charuco is in none of 1.*shows one of 7x5$'):
        read(tmp_path, Board('charuco', 5, 7, 0.03, 0.022))


def test_places_without_images_are_one_sentence(tmp_path):
    with pytest.raises(VlaError, match='images not found'):
        find_images([tmp_path / 'nowhere'])
    with pytest.raises(ImageSetError, match="found no image in .* that fits 'left'"):
        find_images([tmp_path], 'left')
    (tmp_path / 'broken.png').write_bytes(b'x')
    with pytest.raises(ImageSetError, match='none of 1 images can be used: broken.png is no'):
        read(tmp_path)


@pytest.mark.parametrize(
    ('name', 'stored'),
    [
        ('full.png', lambda g: g.astype(np.uint16) * 257),
        ('twelve.png', lambda g: g.astype(np.uint16) * 16),
        ('ten.png', lambda g: g.astype(np.uint16) * 4),
        ('twelve.tif', lambda g: g.astype(np.uint16) * 16),
        ('unit.tiff', lambda g: g.astype(np.float32) / 255.0),
        ('bytes.tiff', lambda g: g.astype(np.float32)),
        ('counts.tiff', lambda g: g.astype(np.float32) * 100.0),
    ],
)
def test_images_of_any_depth_are_read_alike(tmp_path, views, name, stored):
    grey = views[0]
    cv2.imwrite(str(tmp_path / name), stored(grey))
    found = read_grey((tmp_path / name).read_bytes())
    assert found.dtype == np.uint8
    # What is brightest tells the depth, so that brightness may differ by some per cent.
    assert np.corrcoef(found.ravel(), grey.ravel())[0, 1] > 0.9999
    (image,) = read(tmp_path).used
    cv2.imwrite(str(tmp_path / 'plain.bmp'), grey)
    plain = read_image_set([tmp_path / 'plain.bmp'], BOARD).detections[0]
    assert image.detection.pixels == pytest.approx(plain.pixels, abs=0.02)


def test_a_deep_image_that_is_not_finite_or_dark_is_no_error(tmp_path):
    wild = np.full((480, 640), np.nan, np.float32)
    wild[:2] = np.inf
    cv2.imwrite(str(tmp_path / 'nan.tiff'), wild)
    cv2.imwrite(str(tmp_path / 'dark.png'), np.zeros((480, 640), np.uint16))
    said = []
    with pytest.raises(ImageSetError, match='in none of 1'):
        read_image_set([tmp_path / 'dark.png'], BOARD, say=said.append)
    assert said == ['dark.png is blank (all of one grey)']
    assert read_grey((tmp_path / 'nan.tiff').read_bytes()).dtype == np.uint8


def test_why_each_image_is_not_used_is_said_before_the_set_is_refused(tmp_path, views):
    drawn = cv2.cvtColor(views[0], cv2.COLOR_GRAY2BGR)
    cv2.line(drawn, (250, 100), (400, 380), (0, 255, 0), 12)
    cv2.imwrite(str(tmp_path / 'drawn.png'), drawn)
    cv2.imwrite(str(tmp_path / 'blank.png'), np.full((480, 640), 200, np.uint8))
    said = []
    with pytest.raises(ImageSetError, match='is in none of 2'):
        read_image_set(find_images([tmp_path]), BOARD, say=said.append)
    assert said == [
        'blank.png is blank (all of one grey)',
        'drawn.png shows no whole 9x6 chessboard; lines of pure colour are drawn into it: give '
        'the image as it was taken',
    ]
