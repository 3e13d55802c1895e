"""The outline of a drawn arm against pictures of it, moved by known amounts."""

import cv2
import numpy as np
import pytest
from vla_calibration.calibration_file import (
    describe_lens,
    describe_pose,
    describe_source,
    Verdict,
)
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_calibration.verify.input import in_cell_order, load_arm_drawing, read_joints
from vla_calibration.verify.silhouette import align, check_silhouette
from vla_calibration.verify.verify import BAD, DEGRADED, OK
from vla_contract.cameras.calibration import CameraCalibration
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import NameMismatchError, VlaError
from vla_contract.transforms import make_transform

WIDTH, HEIGHT, SCALE = 320, 240, 8
# An arm of two links that comes in from the left.
ARM = np.array([[-20, 60], [120, 40], [200, 130], [175, 150], [110, 75], [-20, 100]], float)
LENS = Lens(
    WIDTH, HEIGHT, np.array([[300.0, 0, 160.0], [0, 300.0, 120.0], [0, 0, 1]]), np.zeros(5)
)


def area(shift=(0.0, 0.0)) -> np.ndarray:
    """Return the covered share of each pixel, shape (H, W)."""
    corners = (ARM + shift + 0.5) * SCALE * 16
    canvas = np.zeros((HEIGHT * SCALE, WIDTH * SCALE), np.uint8)
    cv2.fillPoly(canvas, [corners.round().astype(np.int32)], 255, shift=4)
    return cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) / 255.0


def picture(shift, seed: int = 0, noise: float = 3.0) -> np.ndarray:
    """Return an image of the arm before a cluttered wall."""
    rng = np.random.default_rng(seed)
    wall = np.full((HEIGHT, WIDTH), 120.0)
    for _ in range(25):
        x, y = rng.integers(0, WIDTH), rng.integers(0, HEIGHT)
        size = tuple(int(n) for n in rng.integers(10, 60, 2))
        cv2.rectangle(wall, (int(x), int(y)), (int(x) + size[0], int(y) + size[1]),
                      float(rng.uniform(60, 200)), -1)  # fmt: skip
    arm = 235.0 + 15.0 * np.sin(np.arange(WIDTH) / 9.0)
    covered = area(shift)
    image = cv2.GaussianBlur(covered * arm + (1 - covered) * wall, (0, 0), 0.7)
    return np.clip(image + rng.normal(0.0, noise, image.shape), 0, 255).astype(np.uint8)


MASK = area() > 0.5


@pytest.mark.parametrize('seed', range(12))
def test_the_shift_is_found_to_a_fraction_of_a_pixel(seed):
    shift = np.random.default_rng(seed).uniform(-12.0, 12.0, 2)
    found = align(picture(shift, seed), MASK)
    assert found.shift == pytest.approx(shift, abs=0.35)
    assert found.agreement > found.agreement_unmoved


def test_contrast_does_not_matter():
    image = picture((3.0, -2.0))
    faint = (90 + 0.25 * (image.astype(float) - 90)).astype(np.uint8)
    inverted = 255 - image
    for each in (image, faint, inverted):
        assert align(each, MASK).shift == pytest.approx([3.0, -2.0], abs=0.35)


def test_an_image_without_the_arm_is_refused():
    rng = np.random.default_rng(0)
    for image in (
        np.full((HEIGHT, WIDTH), 120, np.uint8),
        rng.integers(0, 255, (HEIGHT, WIDTH)).astype(np.uint8),
        picture((0.0, 0.0))[::-1].copy(),
    ):
        with pytest.raises(VlaError, match='silhouette: .*of the outline has an edge'):
            align(image, MASK)


def test_an_arm_out_of_view_is_refused():
    little = np.zeros((HEIGHT, WIDTH), bool)
    little[:10, :10] = True
    with pytest.raises(VlaError, match='px of outline are in view; needed: 100'):
        align(picture((0.0, 0.0)), little)


def test_a_straight_bar_does_not_fix_the_shift_along_it():
    bar = np.zeros((HEIGHT, WIDTH), bool)
    bar[100:130] = True
    image = np.where(bar, 220, 60).astype(np.uint8)
    with pytest.raises(VlaError, match='silhouette'):
        align(image, bar)


def calibration() -> CameraCalibration:
    source = describe_source('test')
    pose = Pose('base', 'optical', make_transform(np.array([1.0, 0.0, 0.5]), np.eye(3)))
    return CameraCalibration(
        1, 'panda_table', 'top', describe_lens(LENS, source, Verdict(True), 0.2),
        describe_pose(pose, 'eye-to-hand', source, Verdict(True)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ('shift', 'depth_m', 'state'),
    [
        ((0.0, 0.0), 0.6, OK),
        ((1.5, 0.5), 0.3, DEGRADED),
        ((0.0, -0.5), 2.0, DEGRADED),
        ((4.0, 2.0), 0.1, BAD),
        ((1.5, 0.5), 1.5, BAD),
    ],
    ids=['still', 'pixels', 'millimetres', 'many pixels', 'many millimetres'],
)
def test_the_state_is_the_worse_of_pixels_and_millimetres(shift, depth_m, state):
    drift = check_silhouette(picture(shift), np.zeros(8), lambda _: (MASK, depth_m), calibration())
    assert drift.state == state, drift.reason
    assert drift.error_px == pytest.approx(np.hypot(*shift), abs=0.3)
    assert drift.error_mm == pytest.approx(1000.0 * drift.error_px * depth_m / 300.0)


def test_joints_are_joined_by_name(tmp_path):
    cell = load_cell('panda_table')
    path = tmp_path / 'joints.yaml'
    names = list(reversed(cell.joint_names))
    path.write_text(''.join(f'{name}: {i}\n' for i, name in enumerate(names)))
    joints = read_joints(path)
    assert in_cell_order(joints, cell).tolist() == list(range(7, -1, -1))
    joints.pop('panda_joint3')
    with pytest.raises(NameMismatchError, match='missing panda_joint3'):
        in_cell_order(joints, cell)
    path.write_text('panda_joint1: .nan\n')
    with pytest.raises(VlaError, match='panda_joint1: found nan; allowed: a position'):
        read_joints(path)


@pytest.mark.parametrize('factory', ['no_such_module:make', 'os:nothing'])
def test_a_drawing_that_is_not_there_is_one_sentence(factory):
    with pytest.raises(VlaError, match=f"'{factory}' cannot be imported"):
        load_arm_drawing(factory, load_cell('panda_table'), 'panda_table/top')
