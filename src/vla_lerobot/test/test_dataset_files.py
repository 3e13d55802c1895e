import json
from pathlib import Path
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_dataset import change_info, record, TOP
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import ResourceNotFoundError
from vla_lerobot.dataset_files import BrokenDatasetError
from vla_lerobot.frames import open_dataset, recorded_actions, RecordedFrames

CELL = load_deployment().cell
DATA = 'data/chunk-000/file-000.parquet'
EPISODES = 'meta/episodes/chunk-000/file-000.parquet'


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'images')


@pytest.fixture(scope='module')
def video(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'video', use_videos=True)


@pytest.fixture
def copy(images, tmp_path):
    return Path(shutil.copytree(images, tmp_path / 'copy'))


@pytest.fixture(autouse=True)
def without_network(monkeypatch):
    """Have every question to the hub fail the test."""
    import httpx

    def ask(*_args, **_options):
        pytest.fail('the hub was asked')

    monkeypatch.setattr(httpx.Client, 'send', ask)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil(path):
    """Overwrite the middle of a file, and leave its footer."""
    content = bytearray(path.read_bytes())
    content[len(content) // 4 : len(content) // 2] = bytes(len(content) // 4)
    path.write_bytes(content)


def no_frames_of_two(path):
    table = pq.read_table(path)
    keep = np.asarray(table.column('episode_index')) != 2
    pq.write_table(table.filter(pa.array(keep)), path)


def one_frame_less(path):
    table = pq.read_table(path)
    pq.write_table(pa.concat_tables([table.slice(0, 4), table.slice(5)]), path)


def set_length(value):
    def change(path):
        table = pq.read_table(path)
        lengths = table.column('length').to_pylist()
        number = table.schema.get_field_index('length')
        lengths[1] = value
        kind = table.schema.field(number)
        pq.write_table(table.set_column(number, kind, pa.array(lengths, kind.type)), path)

    return change


BROKEN = [
    (DATA, Path.unlink, 'data/*/*.parquet: found no file; allowed: at least one'),
    (DATA, cut, f'{DATA}: found '),
    (DATA, spoil, ': found '),
    (DATA, no_frames_of_two, 'episode 2: found 0 frames; allowed: 7, as meta/episodes says'),
    (DATA, one_frame_less, 'episode 0: found 8 frames; allowed: 9'),
    (EPISODES, Path.unlink, 'meta/episodes/*/*.parquet: found no file'),
    (EPISODES, cut, f'{EPISODES}: found '),
    (EPISODES, set_length(0), 'episode 1: found 14 frames; allowed: at least one'),
    ('meta/tasks.parquet', Path.unlink, 'meta/tasks.parquet: found no such file'),
    ('meta/tasks.parquet', cut, ': found '),
    ('meta/stats.json', cut, ': found '),
    ('meta/info.json', cut, 'meta/info.json: found JSONDecodeError'),
]


@pytest.mark.parametrize(('file', 'damage', 'message'), BROKEN)
def test_a_broken_folder_is_one_sentence_and_the_hub_is_not_asked(file, damage, message, copy):
    damage(copy / file)
    with pytest.raises(BrokenDatasetError) as refused:
        open_dataset(copy)
    text = str(refused.value)
    assert text.startswith(f'{copy}: ')
    assert message in text
    assert '; allowed: ' in text
    assert '\n' not in text


@pytest.mark.parametrize('version', ['v2.1', 'v9.0', 'new'])
def test_another_version_of_the_format_is_named(version, copy):
    change_info(copy, codebase_version=version)
    with pytest.raises(BrokenDatasetError, match=f"codebase_version: found '{version}'; allowed"):
        open_dataset(copy)


def test_a_dataset_without_episodes_says_so(copy):
    change_info(copy, total_episodes=0)
    with pytest.raises(BrokenDatasetError, match='episodes: found none; allowed: at least one'):
        open_dataset(copy)


def test_a_missing_video_is_named(video, tmp_path):
    open_dataset(video)
    root = Path(shutil.copytree(video, tmp_path / 'copy'))
    name = f'videos/{TOP}/chunk-000/file-000.mp4'
    (root / name).unlink()
    with pytest.raises(BrokenDatasetError, match=f'{name}: found no such file'):
        open_dataset(root)


def test_a_folder_that_is_no_dataset_is_named(tmp_path):
    with pytest.raises(ResourceNotFoundError, match='give the folder of a LeRobotDataset v3'):
        open_dataset(tmp_path)


def test_statistics_may_be_missing(copy):
    (copy / 'meta' / 'stats.json').unlink()
    assert open_dataset(copy).meta.stats is None


def test_the_command_ends_with_its_sentence(copy, capsys):
    from vla_lerobot.dataset_checks.check_dataset import main as check_dataset

    set_length(0)(copy / EPISODES)
    assert check_dataset([str(copy)]) == 2
    assert 'episode 1: found 14 frames; allowed: at least one' in capsys.readouterr().err


def test_frames_and_actions_are_read_by_name_whatever_form_the_names_have(copy):
    deployment = load_deployment()
    frames = RecordedFrames(deployment, open_dataset(copy))
    actions, _episode = recorded_actions(deployment, open_dataset(copy))
    info = json.loads((copy / 'meta' / 'info.json').read_text())
    mixed = {'motors': [f'{name}.pos' for name in CELL.joint_names]}
    for key in ('action', 'observation.state'):
        info['features'][key]['names'] = mixed
    change_info(copy, features=info['features'])
    again = open_dataset(copy)
    assert RecordedFrames(deployment, again)[3].state.tolist() == frames[3].state.tolist()
    assert np.array_equal(recorded_actions(deployment, again)[0], actions)
    for key in ('action', 'observation.state'):
        info['features'][key]['names'] = None
    change_info(copy, features=info['features'])
    unnamed = open_dataset(copy)
    assert RecordedFrames(deployment, unnamed)[3].state.tolist() == frames[3].state.tolist()
    assert np.array_equal(recorded_actions(deployment, unnamed)[0], actions)
