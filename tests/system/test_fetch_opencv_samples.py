import hashlib
import importlib.util
import io
from pathlib import Path
import tarfile
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / 'tools' / 'fetch_opencv_samples.py'


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, set on a folder and on two small files of its own; never on the network."""
    spec = importlib.util.spec_from_file_location('fetch_opencv_samples', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sums = tmp_path / 'sums'
    sums.write_text(
        ''.join(f'{hashlib.sha256(b).hexdigest()}  {name}\n' for name, b in contents().items())
    )
    monkeypatch.setattr(module, 'CHECKSUMS', sums)
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    monkeypatch.setattr(module, 'FOLDER', tmp_path / 'samples')
    return module


def contents() -> dict[str, bytes]:
    return {'left01.jpg': b'one', 'left02.jpg': b'two'}


def archive(tool: ModuleType, folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / 'archive.tar.gz'
    with tarfile.open(path, 'w:gz') as tar:
        for name, data in {**files, '../../outside': b'evil'}.items():
            inside = f'{tool.PACKAGE}-{tool.VERSION}/opencv/samples/data/{name}'
            member = tarfile.TarInfo(inside)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def test_only_the_wanted_files_are_taken_and_only_once(tool, tmp_path, monkeypatch, capsys):
    downloads = []

    def download(folder: Path) -> Path:
        downloads.append(folder)
        return archive(tool, folder, contents())

    monkeypatch.setattr(tool, 'download', download)
    assert tool.main() == 0
    assert tool.main() == 0
    assert len(downloads) == 1
    assert sorted(p.name for p in tool.FOLDER.iterdir()) == ['left01.jpg', 'left02.jpg']
    (tool.FOLDER / 'left01.jpg').write_bytes(b'damaged')
    assert tool.main() == 0
    assert (tool.FOLDER / 'left01.jpg').read_bytes() == b'one'
    assert not (tmp_path / 'outside').exists()


def test_a_file_with_another_checksum_is_not_kept(tool, tmp_path, monkeypatch, capsys):
    changed = {**contents(), 'left02.jpg': b'changed'}
    monkeypatch.setattr(tool, 'download', lambda folder: archive(tool, folder, changed))
    assert tool.main() == 2
    assert capsys.readouterr().err == (
        'error: left02.jpg in the archive has another checksum than expected\n'
    )
    assert not (tool.FOLDER / 'left02.jpg').exists()


def test_the_checksums_name_both_cameras():
    names = [line.split()[1] for line in SCRIPT.with_name('opencv_samples.sha256').open()]
    assert len(names) == 28
    assert {'left01.jpg', 'right14.jpg', 'left_intrinsics.yml'} <= set(names)
