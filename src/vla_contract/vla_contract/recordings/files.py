"""Which files a recording consists of."""

from pathlib import Path

from vla_contract.errors import ResourceNotFoundError, VlaError
from vla_contract.schema import load_yaml

_ALLOWED = 'an MCAP file or a rosbag2 folder'


def recordings_in(path: Path) -> list[Path]:
    """Return the recordings in a folder, one path each; of a file or a rosbag2 folder, itself.

    Raises:
        ResourceNotFoundError: there is none.
    """
    if not path.is_dir() or (path / 'metadata.yaml').is_file():
        recording_files(path)
        return [path]
    folders = [file.parent for file in path.glob('*/metadata.yaml')]
    found = sorted([*path.glob('*.mcap'), *folders])
    if not found:
        raise ResourceNotFoundError('recording', path, _ALLOWED)
    return found


def recording_files(path: Path) -> list[Path]:
    """Return the MCAP files of a recording: the file itself, or those of a rosbag2 folder.

    An unfinished file (.part) belongs to no folder; it is read where it is named.

    Raises:
        ResourceNotFoundError: there is no such recording.
        VlaError: it is sqlite3 or compressed as a whole.
    """
    if not path.exists():
        raise ResourceNotFoundError('recording', path, _ALLOWED)
    if not path.is_dir():
        _require_mcap(path)
        return [path]
    _require_plain(path)
    files = sorted(path.glob('*.mcap'))
    if not files:
        for other in sorted(path.iterdir()):
            _require_mcap(other)
        raise ResourceNotFoundError('recording', path, _ALLOWED)
    return files


def _require_mcap(file: Path) -> None:
    if file.suffix == '.db3':
        raise VlaError(f'{file} is sqlite3; {_cure(str(file.parent))}')
    if file.suffix in ('.zstd', '.zst'):
        raise VlaError(f'{file} is compressed as a whole; decompress it first: zstd -d {file}')


def _require_plain(folder: Path) -> None:
    """Refuse bags whose single messages are compressed, by the metadata of ros2 bag."""
    file = folder / 'metadata.yaml'
    if not file.is_file():
        return
    about = load_yaml(file).get('rosbag2_bagfile_information', {})
    mode = about.get('compression_mode', '') if isinstance(about, dict) else ''
    if str(mode).lower() == 'message':
        raise VlaError(f'{folder} has each message compressed; {_cure(str(folder))}')


def _cure(source: str) -> str:
    return (
        f'make MCAP of it first: ros2 bag convert -i {source} -o OPTIONS.yaml (storage_id: mcap), '
        f'or without ROS: rosbags-convert --src {source} --dst NEW_FOLDER --dst-storage mcap'
    )
