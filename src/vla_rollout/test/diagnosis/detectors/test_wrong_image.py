"""Images of the simulator, changed as wiring changes them, against those of a shipped policy."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from vla_contract.check import Status
from vla_contract.deployment.deployment import load_deployment
from vla_contract.share import find_model
from vla_policy_server.self_test.golden_frames import GOLDEN_FRAMES, load_golden_frames
from vla_rollout.diagnosis.alarm import naming_alarm
from vla_rollout.diagnosis.detectors.images.image_layout import layout, unlikeness
from vla_rollout.diagnosis.detectors.images.training_images import training_images, TrainingImages
from vla_rollout.diagnosis.detectors.images.unlike_training import UnlikeTraining
from vla_rollout.diagnosis.detectors.images.wrong_view import WrongView
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.healthy import Healthy
from vla_rollout.diagnosis.taxonomy import WRONG_COLOURS
from vla_rollout.diagnosis.training import find_training
from vla_rollout.preflight.image_items import check_images
from vla_rollout.simulation.domains import load_domain
from vla_sim_bridge.cameras.renderer import CameraRenderer
from vla_sim_bridge.scene.world import World

DEPLOYMENT = load_deployment('panda_lift_cube')
FRAMES = load_golden_frames(DEPLOYMENT, find_model('panda_lift_act') / GOLDEN_FRAMES)
TRAINING = training_images(DEPLOYMENT, FRAMES)
# With red and blue exchanged they are nearly as like the training images as these to each other.
RANDOM_COLOURS = (91009, 91013, 91056, 91059, 96034)


def rendered(seeds, domain='none'):
    world = World(DEPLOYMENT, load_domain(domain))
    renderer = CameraRenderer(world)
    for seed in seeds:
        world.reset(seed)
        yield renderer.render(world.data.qpos, world.appearance, world.time_ns)['top']


LIVE = list(rendered((70, 71, 72)))


def shown(detector, images, camera='top'):
    for k, image in enumerate(images):
        detector.see_frame(camera, k, np.ascontiguousarray(image))
    return detector


@pytest.mark.parametrize(
    ('change', 'what', 'fix'),
    [
        (lambda image: image[..., ::-1], 'red and blue exchanged', 'encoding'),
        (lambda image: image[::-1], 'upside down', 'rotate and flip'),
        (lambda image: image[::-1, ::-1], 'upside down', 'rotate and flip'),
        (lambda image: np.rot90(image), 'turned a quarter to the left', 'rotate and flip'),
        (lambda image: np.rot90(image, -1), 'turned a quarter to the right', 'rotate and flip'),
    ],
)
def test_a_changed_image_is_named_by_its_change(change, what, fix):
    detector = shown(WrongView(TRAINING), map(change, LIVE))
    assert detector.score > detector.floor
    assert f'camera top: {what}' in detector.evidence
    assert fix in detector.found.fix


def test_the_same_scene_in_other_light_is_not_changed():
    for gain, offset in ((1.0, 0), (0.5, 10), (1.3, 0)):
        lit = [np.clip(image * gain + offset, 0, 255).astype(np.uint8) for image in LIVE]
        assert shown(WrongView(TRAINING), lit).score < WrongView.floor
        assert shown(UnlikeTraining(TRAINING), lit).score < 0.5


def test_random_colours_are_not_taken_for_exchanged_ones():
    for image in rendered(RANDOM_COLOURS, 'tutorial'):
        assert shown(WrongView(TRAINING), [image, image]).score < WrongView.floor


def test_one_image_is_too_few_to_tell():
    assert shown(WrongView(TRAINING), [LIVE[0][::-1]]).score == 0.0


def test_an_exchanged_image_is_named_so_before_it_is_called_unlike(cell, cycle):
    diagnosis = Diagnosis(cell, healthy(unlike_training=0.5), training=TRAINING)
    for k, image in enumerate(LIVE):
        diagnosis.see_frame('top', k, np.ascontiguousarray(image[..., ::-1]))
        diagnosis.see_cycle(cycle(k))
    assert [alarm.cause.name for alarm in diagnosis.alarms] == ['wrong_view', 'unlike_training']
    assert naming_alarm(diagnosis.alarms).cause == WRONG_COLOURS


def test_another_scene_is_unlike_and_not_turned():
    rng = np.random.default_rng(0)
    scenes = [cv2.resize(rng.integers(0, 255, (6, 6, 3), np.uint8), (96, 96)) for _ in range(3)]
    assert shown(WrongView(TRAINING), scenes).score < WrongView.floor
    assert shown(UnlikeTraining(TRAINING), scenes).score > 0.6


def test_unlikeness_is_one_minus_the_correlation():
    one, other = layout(LIVE[0]).colours, layout(LIVE[1]).colours
    expected = 1.0 - np.corrcoef(one, other)[0, 1]
    assert unlikeness(one, np.stack([other])) == pytest.approx(expected, abs=1e-9)


def test_an_image_of_another_camera_is_named_with_that_camera():
    rng = np.random.default_rng(1)
    scene = cv2.resize(rng.integers(0, 255, (8, 8, 3), np.uint8), (96, 96))
    noisy = [np.clip(scene + rng.normal(0, 5, scene.shape), 0, 255) for _ in range(8)]
    images = [image.astype(np.uint8) for image in noisy]
    top = DEPLOYMENT.policy.cameras[0]
    policy = replace(DEPLOYMENT.policy, cameras=(top, replace(top, camera='wrist', feature='w')))
    observations = tuple(
        replace(seen, images={**seen.images, 'wrist': image})
        for seen, image in zip(FRAMES.observations, images, strict=True)
    )
    two = training_images(
        replace(DEPLOYMENT, policy=policy), replace(FRAMES, observations=observations)
    )
    detector = shown(WrongView(two), LIVE, 'wrist')
    assert 'what camera top should show' in detector.evidence
    assert 'image_topic' in detector.found.fix
    assert shown(WrongView(two), LIVE, 'top').score < WrongView.floor


def test_without_training_images_nothing_is_measured(cycle):
    for detector in (WrongView(TrainingImages()), UnlikeTraining(TrainingImages())):
        assert shown(detector, LIVE).see_cycle(cycle(0)) is None


def test_training_images_of_random_scenes_say_nothing_of_the_right_way_up():
    randomized = load_deployment('panda_lift_cube', policy='panda_lift_act_randomized')
    training = find_training(randomized)
    assert training.changes('top', LIVE[0][::-1]) == []
    assert shown(UnlikeTraining(training), LIVE).score is None
    [found] = check_images(randomized, healthy(unlike_training=0.5), training, {'top': LIVE})
    assert (found.status, 'too different' in found.found) == (Status.UNKNOWN, True)


def test_frames_that_lack_a_camera_of_the_policy_are_not_compared_with(caplog):
    cameras = (replace(DEPLOYMENT.policy.cameras[0], camera='wrist'),)
    policy = replace(DEPLOYMENT.policy, cameras=cameras)
    assert find_training(replace(DEPLOYMENT, policy=policy)) is None
    assert 'not compared with those of the training' in caplog.text


def test_a_black_image_is_left_to_the_detector_of_black_images():
    black = [np.zeros_like(image) for image in LIVE]
    assert shown(UnlikeTraining(TRAINING), black).score is None
    assert shown(WrongView(TRAINING), black).score is None
    found = item(None, None, {'top': black})
    assert (found.status, 'lens' in found.fix) == (Status.FAIL, True)


def healthy(**thresholds):
    return Healthy(thresholds, np.empty((0, 7)), 1, 0.05, '')


def item(taught, training, images):
    [found] = check_images(DEPLOYMENT, taught, training, images)
    return found


def test_preflight_stops_at_a_changed_image_and_says_what_helps():
    found = item(None, TRAINING, {'top': [image[..., ::-1] for image in LIVE]})
    assert found.status is Status.FAIL
    assert 'red and blue exchanged' in found.found
    assert 'encoding' in found.fix


def test_preflight_ticks_an_image_only_after_it_was_compared():
    taught, live = healthy(unlike_training=0.5), {'top': LIVE}
    assert item(taught, TRAINING, live).status is Status.OK
    assert item(None, None, live).line.startswith('? image of camera top: no golden frames')
    assert item(None, TRAINING, live).status is Status.UNKNOWN
    assert item(taught, TRAINING, {}).status is Status.SKIP
    odd = item(healthy(unlike_training=0.1), TRAINING, live)
    assert (odd.status, 'fine-tune' in odd.fix) == (Status.WARN, True)
