"""What is written is read back, undone, gone on with, and survives a crash."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from vla_calibration.capture.config import CaptureConfig
from vla_calibration.capture.folder import list_samples, load_sample, load_session, Sample
from vla_calibration.capture.sample_store import SampleStore
from vla_calibration.capture.session import make_session, next_command, session_folder
from vla_calibration.geometry.pose import Pose
from vla_calibration.lens.lens import Lens
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import VlaError
from vla_contract.schema import load_yaml
from vla_contract.transforms import make_transform
import yaml

CELL = load_cell('panda_table')
SESSION = make_session(CELL, CaptureConfig())


def sample(k: int) -> Sample:
    image = np.random.default_rng(k).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    tool = Pose(
        'panda_link0', 'panda_hand_tcp', make_transform(np.array([0.1, k, 0.3]), np.eye(3))
    )
    return Sample(1000 + k, image, {'panda_joint1': 0.1 * k}, tool)


def contents(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob('*') if p.is_file())


@pytest.fixture
def store(tmp_path) -> SampleStore:
    return SampleStore(tmp_path / 'samples', SESSION)


def test_a_sample_is_read_back_as_it_was(store):
    store.add(sample(3))
    read = load_sample(store.folder, list_samples(store.folder)[0])
    assert np.array_equal(read.image, sample(3).image)
    assert (read.stamp_ns, read.joints) == (1003, {'panda_joint1': pytest.approx(0.3)})
    assert (read.tool.parent, read.tool.child) == ('panda_link0', 'panda_hand_tcp')
    assert pytest.approx(sample(3).tool.T) == read.tool.T
    assert load_session(store.folder) == SESSION
    assert SESSION.board == CaptureConfig().board_object


def test_the_layout_is_that_of_robot_cal_tools(store):
    store.add(sample(0))
    entry = yaml.safe_load((store.folder / 'cal_data.yaml').read_text())[0]
    assert entry['image'] == 'images/0000.png'
    pose = load_yaml(store.folder / entry['pose'])
    assert {'x', 'y', 'z', 'qx', 'qy', 'qz', 'qw'} < set(pose)
    assert (pose['parent'], pose['child']) == ('panda_link0', 'panda_hand_tcp')


def test_undo_removes_the_newest_and_no_number_is_used_twice_over_another(store):
    for k in range(3):
        store.add(sample(k))
    assert store.undo().image == 'images/0002.png'
    assert [s.stamp_ns for s in list_samples(store.folder)] == [1000, 1001]
    assert 'images/0002.png' not in contents(store.folder)
    store.add(sample(7))
    assert load_sample(store.folder, list_samples(store.folder)[2]).stamp_ns == 1007
    for _ in range(3):
        store.undo()
    assert store.undo() is None
    assert contents(store.folder) == ['cal_data.yaml', 'session.yaml']


def test_opening_again_goes_on(store):
    store.add(sample(0))
    again = SampleStore(store.folder, SESSION)
    assert len(again) == 1
    again.add(sample(1))
    assert [s.image for s in list_samples(store.folder)] == ['images/0000.png', 'images/0001.png']


@pytest.mark.parametrize('when', ['images', 'poses', 'joints', 'cal_data.yaml'])
def test_a_crash_while_writing_loses_nothing_that_counts(store, monkeypatch, when):
    store.add(sample(0))
    replace_file = Path.replace

    def crash(self, target):
        if when in str(target):
            raise KeyboardInterrupt
        return replace_file(self, target)

    monkeypatch.setattr(Path, 'replace', crash)
    with pytest.raises(KeyboardInterrupt):
        store.add(sample(1))
    monkeypatch.undo()
    again = SampleStore(store.folder, SESSION)
    assert [s.stamp_ns for s in again.samples] == [1000]
    again.add(sample(2))
    assert [load_sample(store.folder, s).stamp_ns for s in list_samples(store.folder)] == [
        1000,
        1002,
    ]
    assert not [name for name in contents(store.folder) if name.endswith('.part')]


def test_a_folder_of_another_session_is_refused(store):
    with pytest.raises(
        VlaError, match="captured with camera 'top', now it is 'wrist'; name anoth"
    ):
        SampleStore(store.folder, replace(SESSION, camera='wrist'))


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    with pytest.raises(VlaError, match=r'found files but no session.yaml'):
        SampleStore(tmp_path, SESSION)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('a: 1', 'found dict; allowed: a list'),
        ('[{image: images/0009.png, stamp_ns: 1}]', 'names images/0009.png, which does not exist'),
        ('[{stamp_ns: 1}]', 'sample 0: image: found nothing'),
        ('[', 'is not valid YAML'),
    ],
)
def test_a_damaged_index_is_one_clear_sentence(store, content, message):
    (store.folder / 'cal_data.yaml').write_text(content)
    with pytest.raises(VlaError, match=message):
        list_samples(store.folder)


def test_a_damaged_pose_is_one_clear_sentence(store):
    stored = store.add(sample(0))
    (store.folder / stored.pose).write_text('{parent: a, child: b, x: 1, y: 2}')
    with pytest.raises(VlaError, match='missing z, qx, qy, qz, qw; needed'):
        load_sample(store.folder, stored)


def test_images_alone_need_no_robot(store):
    stored = store.add(replace(sample(0), tool=None, joints={}))
    assert yaml.safe_load((store.folder / 'cal_data.yaml').read_text()) == [
        {'image': 'images/0000.png', 'stamp_ns': 1000}
    ]
    assert load_sample(store.folder, stored).tool is None


def test_the_lens_is_written_for_camera_info_manager(store):
    store.write_lens(Lens(64, 48, [[60, 0, 31], [0, 61, 23], [0, 0, 1]], [0.1, 0.2, 0, 0, 0.3]))
    info = load_yaml(store.folder / 'camera_info.yaml')
    assert info['camera_matrix']['data'] == [60, 0, 31, 0, 61, 23, 0, 0, 1]
    assert info['distortion_coefficients'] == {'rows': 1, 'cols': 5, 'data': [0.1, 0.2, 0, 0, 0.3]}
    assert (info['image_width'], info['camera_name']) == (64, 'top')


def test_the_default_folder_names_cell_camera_and_time():
    from datetime import datetime

    folder = session_folder(CELL, CaptureConfig(), datetime(2026, 1, 2, 3, 4, 5))
    assert str(folder) == 'calibration_data/panda_table/top/captures/20260102-030405'


def test_what_to_type_next_depends_on_the_setup(tmp_path):
    assert next_command(tmp_path, CaptureConfig()).endswith(f'vla camera hand-eye {tmp_path}')
    config = CaptureConfig(setup='intrinsics', board='charuco', board_size='5x7', marker_mm=18.0)
    assert next_command(tmp_path, config).endswith(
        f'vla camera intrinsics {tmp_path}/images --kind charuco --board 5x7 --square-mm 25 '
        '--marker-mm 18 --dictionary DICT_5X5_100'
    )
