"""Where a run writes: runs/<time>-<name>/, with runs/latest pointing to the newest run."""

from datetime import datetime
from pathlib import Path


def make_run_folder(name: str, root: Path = Path('runs'), is_run: bool = True) -> Path:
    """Create a new folder for a run, or for what comes before one and has no episodes.

    Raises:
        OSError: the folder cannot be created.
    """
    stamp = datetime.now().strftime('%Y%m%d-%H%M%S')
    folder = root / f'{stamp}-{name}'
    number = 1
    while folder.exists():
        number += 1
        folder = root / f'{stamp}-{name}-{number}'
    folder.mkdir(parents=True)
    link = root / 'latest'
    if is_run and (link.is_symlink() or not link.exists()):
        link.unlink(missing_ok=True)
        link.symlink_to(folder.name)
    return folder
