import numpy as np
import pytest
from vla_rollout.diagnosis.detectors.images.dark_image import DarkImage
from vla_rollout.diagnosis.detectors.images.still_image import StillImage
from vla_rollout.diagnosis.diagnosis import Diagnosis

FRAME_NS = 66_000_000
SCENE = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)


def moved(cell, cycle, k, way):
    here = cell.home
    here[0] += way
    return cycle(k, desired=here)


@pytest.mark.parametrize(
    'image',
    [np.zeros_like(SCENE), np.full_like(SCENE, 255), (SCENE * 0.15).astype(np.uint8)],
    ids=['black', 'white', 'nearly dark'],
)
def test_a_camera_that_shows_nothing_counts_seconds_until_it_shows_something(image, cycle):
    detector = DarkImage()
    assert detector.see_cycle(cycle(0)) is None
    for k in range(20):
        detector.see_frame('top', k * FRAME_NS, image)
        detector.see_frame('wrist', k * FRAME_NS, SCENE)
    assert detector.see_cycle(cycle(1)) == pytest.approx(19 * FRAME_NS / 1e9)
    assert detector.evidence.startswith('camera top: brightness')


def test_a_dim_scene_and_a_dark_moment_are_none(cycle):
    detector = DarkImage()
    for k in range(40):
        dim = (SCENE * 0.3).astype(np.uint8)
        detector.see_frame('top', k * FRAME_NS, np.zeros_like(SCENE) if k % 6 == 0 else dim)
    assert detector.see_cycle(cycle(0)) < detector.floor


def test_a_picture_that_repeats_while_the_arm_moves_is_still(cell, cycle):
    stands, hangs, lives = StillImage(cell), StillImage(cell), StillImage(cell)
    for k in range(20):
        noisy = SCENE.copy()
        noisy[0, k] += 1
        for detector, way in ((stands, 0.0), (hangs, 0.02 * k), (lives, 0.02 * k)):
            detector.see_cycle(moved(cell, cycle, k, way))
            picture = noisy if detector is lives else SCENE.copy()
            detector.see_frame('top', k * FRAME_NS, picture)
    last = moved(cell, cycle, 20, 0.4)
    assert (stands.see_cycle(last), lives.see_cycle(last)) == (0.0, 0.0)
    assert hangs.see_cycle(last) == pytest.approx(19 * FRAME_NS / 1e9)
    assert hangs.evidence == f'camera top: the same picture for {19 * FRAME_NS / 1e9:.1f} s'


def test_a_camera_that_the_policy_does_not_look_at_names_nothing(cell, cycle):
    for cameras, names in ((('top',), []), (('top', 'lamp'), ['dark_image']), (None, None)):
        diagnosis = Diagnosis(cell, None, cameras)
        for k in range(40):
            diagnosis.see_frame('lamp', k * FRAME_NS, np.zeros_like(SCENE))
            diagnosis.see_cycle(cycle(k))
        found = [alarm.cause.name for alarm in diagnosis.alarms]
        assert found == (['dark_image'] if names is None else names)
