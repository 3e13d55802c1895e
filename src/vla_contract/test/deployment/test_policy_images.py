from pathlib import Path

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.deployment.policy_file import FILE_NAME, PolicyCamera, write_policy_file
from vla_contract.errors import ContractError, SettingError, UnknownNameError

PLAIN = {'camera': 'top', 'feature': 'k', 'width': 4, 'height': 6, 'resize': 'crop'}
SIZE = 'width: 64, height: 48'
TOP = f'{{camera: top, feature: top, {SIZE}, resize: crop'


@pytest.fixture
def load(tmp_path):
    def load(images: str):
        head = 'schema: 1\nname: own\nrate_hz: 10.0\nbackend: hold\n'
        Path(tmp_path / FILE_NAME).write_text(head + images)
        return load_deployment(policy=str(tmp_path)).policy

    return load


def test_a_camera_without_more_to_say_has_the_hash_that_it_had():
    assert meaning_sha256(PolicyCamera(**PLAIN)) == meaning_sha256(PLAIN)
    for more in ({'rotate': 90}, {'flip': 'vertical'}, {'grey': True}):
        assert meaning_sha256(PolicyCamera(**PLAIN, **more)) != meaning_sha256(PLAIN)


def test_a_camera_says_how_it_is_turned(load):
    [camera] = load(f'cameras: [{TOP}, rotate: 270, flip: horizontal, grey: true}}]').cameras
    assert (camera.rotate, camera.flip, camera.grey) == (270, 'horizontal', True)
    assert camera.described == (
        'camera top, 64 x 48 px, crop, rotated 270 deg, flipped horizontal, grey'
    )
    assert PolicyCamera(**PLAIN).described == 'camera top, 4 x 6 px, crop'


def test_one_camera_may_be_several_features_beside_black_images(load):
    policy = load(
        f'cameras: [{TOP}}}, {{camera: top, feature: side, {SIZE}, resize: letterbox}}]\n'
        'black_images: [{feature: wrist, width: 32, height: 24}]'
    )
    assert [camera.camera for camera in policy.cameras] == ['top', 'top']
    assert policy.image_sizes == {'top': (48, 64), 'side': (48, 64), 'wrist': (24, 32)}


@pytest.mark.parametrize(
    ('images', 'error', 'message'),
    [
        (
            f'cameras: [{TOP}, rotate: 45}}]',
            SettingError,
            r'cameras\[0\].rotate: found 45; allowed: 0, 90, 180 or 270 \[deg\]',
        ),
        (f'cameras: [{TOP}, rotate: -90}}]', SettingError, r'int in \[0, 270\] \[deg\]'),
        (f'cameras: [{TOP}, flip: up}}]', SettingError, 'none or horizontal or vertical'),
        (f'cameras: [{TOP}}}, {TOP}}}]', ContractError, 'camera features: .*top'),
        (
            f'cameras: [{TOP}}}]\nblack_images: [{{feature: top, {SIZE}}}]',
            ContractError,
            'camera features: .*top',
        ),
        (
            f'cameras: [{{camera: tpo, feature: top, {SIZE}, resize: crop}}]',
            UnknownNameError,
            'did you mean top',
        ),
    ],
)
def test_what_no_image_can_be_is_refused(load, images, error, message):
    with pytest.raises(error, match=message):
        load(images)


@pytest.mark.parametrize(
    'images',
    [
        f'cameras: [{TOP}}}]',
        f'cameras: [{TOP}, rotate: 90, grey: true}}]\nblack_images: [{{feature: w, {SIZE}}}]',
    ],
)
def test_what_is_written_has_the_same_images_and_no_more_words(tmp_path, load, images):
    policy = load(images)
    write_policy_file(tmp_path, policy)
    text = (tmp_path / FILE_NAME).read_text()
    assert 'flip' not in text
    assert ('rotate' in text) == ('black_images' in text) == ('rotate' in images)
    again = load_deployment(policy=str(tmp_path)).policy
    assert again.sha256 == policy.sha256
    assert (again.cameras, again.black_images) == (policy.cameras, policy.black_images)
