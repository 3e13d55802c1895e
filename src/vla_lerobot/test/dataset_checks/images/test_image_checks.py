from dataclasses import replace

import numpy as np
import pytest
from synthetic import (
    CAMERA,
    episode,
    faults,
    good_set,
    motion,
    pictures,
    rows_of,
    seen,
    with_images,
)

BAD = 2


@pytest.fixture(scope='module')
def good():
    return good_set()


@pytest.fixture(scope='module')
def images(good):
    return pictures(good[BAD].rows.state, seed=BAD + 1)


def said(good, entry):
    found = faults([*good[:BAD], entry, *good[BAD + 1 :]])
    assert set(found) == {BAD}
    return ' '.join(found[BAD])


@pytest.mark.parametrize('count', [1, 2, 3, 6])
def test_good_episodes_are_good_however_few(good, count):
    assert faults(good[:count]) == {}


def test_episodes_with_other_backgrounds_are_good(good):
    entries = [with_images(e, pictures(e.rows.state, e.number, background=e.number)) for e in good]
    assert faults(entries) == {}


def test_a_camera_that_freezes_is_named_with_its_frames(good, images):
    frozen = images.copy()
    frozen[10:30] = frozen[10]
    found = said(good, with_images(good[BAD], frozen))
    assert f'frozen: {CAMERA} shows one image in frames 10 to 29 while the arm moves' in found


def test_a_camera_that_is_frozen_throughout_is_named_also_in_a_lone_episode(good, images):
    frozen = np.repeat(images[:1], len(images), axis=0)
    assert 'frozen' in ' '.join(faults([with_images(replace(good[BAD], number=0), frozen)])[0])


def test_an_arm_that_stands_may_be_seen_standing(good):
    state, action = good[BAD].rows.state, good[BAD].rows.action
    wait = [*range(15), *[15] * 12, *range(15, len(state))]
    rows = rows_of(state[wait], action[wait], 40.0)
    entry = replace(good[BAD], rows=rows, views=seen(pictures(rows.state, BAD + 1)))
    assert faults([*good[:BAD], entry, *good[BAD + 1 :]]) == {}


def test_every_frame_twice_is_repeated(good, images):
    found = said(good, with_images(good[BAD], images[np.arange(len(images)) // 2 * 2]))
    assert f'repeated: {CAMERA} repeats its image in' in found


def test_every_twentieth_frame_may_be_there_twice(good, images):
    frames = np.arange(len(images))
    frames[::20] = np.maximum(frames[::20] - 1, 0)
    entry = with_images(good[BAD], images[frames])
    assert faults([*good[:BAD], entry, *good[BAD + 1 :]]) == {}


@pytest.mark.parametrize(('late', 'way'), [(5, 'late'), (-5, 'early')])
def test_images_that_come_late_or_early_are_named_with_their_delay(good, images, late, way):
    rows, count = good[BAD].rows, len(images) - 5
    mine = slice(max(late, 0), max(late, 0) + count)
    theirs = slice(max(-late, 0), max(-late, 0) + count)
    entry = replace(
        good[BAD],
        rows=rows_of(rows.state[mine], rows.action[mine], 40.0),
        views=seen(images[theirs]),
    )
    assert f'5 frames (0.50 s) {way} against the joints' in said(good, entry)


def test_images_that_are_late_in_all_episodes_are_found(good):
    late = []
    for entry in good:
        rows = entry.rows
        views = seen(pictures(rows.state, entry.number + 1)[:-5])
        late.append(replace(entry, rows=rows_of(rows.state[5:], rows.action[5:]), views=views))
    assert set(faults(late)) == set(range(6))


def test_images_of_another_episode_are_named_with_it(good):
    other = pictures(good[3].rows.state, seed=4)
    count = min(len(other), len(good[BAD].rows.state))
    rows = good[BAD].rows
    entry = replace(
        good[BAD], rows=rows_of(rows.state[:count], rows.action[:count]), views=seen(other[:count])
    )
    found = said(good, entry)
    assert f'foreign images: the images of {CAMERA} are those of episode 3' in found


def test_noise_is_named(good, images):
    noise = np.random.default_rng(0).integers(0, 255, images.shape, dtype=np.uint8)
    last = len(images) - 1
    assert f'noise: {CAMERA} shows noise in frames 0 to {last}' in said(
        good, with_images(good[BAD], noise)
    )


def test_red_and_blue_exchanged_are_named(good, images):
    assert f'BGR: red and blue of {CAMERA} are exchanged' in said(
        good, with_images(good[BAD], images[..., ::-1])
    )


def test_a_dataset_with_red_and_blue_exchanged_throughout_says_nothing(good):
    turned = [with_images(e, pictures(e.rows.state, e.number + 1)[..., ::-1]) for e in good]
    assert faults(turned) == {}


@pytest.mark.parametrize('colour', [(90, 90, 90), (200, 30, 30)])
def test_one_colour_is_blank_wherever_it_is(good, images, colour):
    blank = images.copy()
    blank[1:-1] = colour
    last = len(images) - 2
    assert f'blank: {CAMERA} shows one colour in frames 1 to {last}' in said(
        good, with_images(good[BAD], blank)
    )


def test_a_black_stretch_is_named_with_its_frames(good, images):
    dark = images.copy()
    dark[8:20] = dark[8:20] // 12
    assert f'black: {CAMERA} is black in frames 8 to 19' in said(
        good, with_images(good[BAD], dark)
    )


def test_an_overexposed_stretch_is_named_with_its_frames(good, images):
    bright = images.copy()
    bright[8:20] = np.clip(bright[8:20] * 4.0 + 60.0, 0, 255)
    assert f'overexposed: {CAMERA} is overexposed in frames 8 to 19' in said(
        good, with_images(good[BAD], bright)
    )


def test_exchanged_cameras_are_named():
    wrist = 'observation.images.wrist'
    entries = []
    for number in range(4):
        state, _ = motion(number + 1)
        top = pictures(state, number + 1)
        views = {**seen(top), **seen(255 - top[:, ::-1], wrist)}
        entries.append(replace(episode(number, images=False), views=views))
    assert faults(entries) == {}
    own = entries[2].views
    swapped = {
        CAMERA: replace(own[wrist], camera=CAMERA),
        wrist: replace(own[CAMERA], camera=wrist),
    }
    found = faults([*entries[:2], replace(entries[2], views=swapped), entries[3]])
    assert set(found) == {2}
    assert f'{CAMERA} shows what {wrist} shows elsewhere' in ' '.join(found[2])
