"""Intrinsics with all checks beside a plain OpenCV script on the same 13 images of 640x480.

    python benchmarks/intrinsics.py

Uses OpenCV's photographs where they are (make samples), else rendered ones. Ratios count; times
are of a shared machine, the shortest of some runs that take turns.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np
from plain_intrinsics import calibrate
from scipy.spatial.transform import Rotation
from vla_calibration.board.boards import Board
from vla_calibration.board.synthetic_view import render_view
from vla_calibration.lens.fit.intrinsics import calibrate_intrinsics
from vla_calibration.lens.image_set import read_image_set
from vla_calibration.lens.lens import Lens
from vla_contract.transforms import make_transform

HERE = Path(__file__).parent
SAMPLES = HERE.parent / 'calibration_data' / 'opencv_samples'
BOARD = Board('chessboard', 9, 6, 0.025)
ALLOWED_S, ALLOWED_RATIO = 3.0, 1.5


def rendered(folder: Path) -> list[Path]:
    """Render 13 views, as good as photographs for a clock."""
    K = np.array([[600.0, 0, 322.0], [0, 598.0, 241.0], [0, 0, 1]])
    lens = Lens(640, 480, K, np.array([-0.25, 0.06, 0.001, -0.0005, 0.0]))
    rng, middle = np.random.default_rng(0), BOARD.points().mean(axis=0)
    paths = []
    for i in range(13):
        turn = Rotation.from_euler('xyz', rng.uniform(-35, 35, 3), degrees=True).as_matrix()
        place = np.array([*rng.uniform(-0.04, 0.04, 2), 0.5])
        image = render_view(BOARD, lens, make_transform(place - turn @ middle, turn), seed=i)
        paths.append(folder / f'view{i:02}.png')
        cv2.imwrite(str(paths[-1]), image)
    return paths


def best_s(bodies: list[Callable[[], object]], repeats: int) -> list[float]:
    """Return the shortest time of each [s]; they take turns, so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in bodies]
    for _ in range(repeats):
        for body, list_of in zip(bodies, times, strict=True):
            started = time.perf_counter()
            body()
            list_of.append(time.perf_counter() - started)
    return [min(list_of) for list_of in times]


def ours(paths: list[Path]) -> object:
    """Detect, fit four models, reject, leave out, halve, gate."""
    images = read_image_set(paths, BOARD)
    return calibrate_intrinsics(images.detections, images.size)


def command(paths: list[Path], folder: Path, *more: str) -> list[str]:
    """Return the whole command, from the start of Python to the last file."""
    return [
        sys.executable, '-m', 'vla_calibration.lens.calibrate_intrinsics', *map(str, paths),
        '--board', '9x6', '--square-mm', '25', '--json', str(folder / 'out.json'), '--force',
        *more,
    ]  # fmt: skip


def run(line: list[str]) -> None:
    """Run a command in silence; status 1 is a result too: rendered views may miss a gate."""
    done = subprocess.run(line, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        raise RuntimeError(f'{" ".join(line[:3])} failed: {done.stderr.decode()[-500:]}')


def main() -> int:
    """Print both comparisons; 1 when a limit is not met."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        photographs = sorted(SAMPLES.glob('left[0-9]*.jpg'))
        paths = photographs or rendered(folder)
        names = [str(path) for path in paths]
        plain = [sys.executable, str(HERE / 'plain_intrinsics.py'), *names]
        inside = best_s([lambda: ours(paths), lambda: calibrate(names)], 9)
        checks = command(paths, folder)
        report = command(paths, folder, '--output', str(folder / 'out'))
        whole = best_s([lambda line=line: run(line) for line in (checks, report, plain)], 5)
    kind = 'photographs' if photographs else 'rendered images (make samples: photographs)'
    print(f'intrinsics from {len(paths)} {kind}, with all checks and with OpenCV alone')
    rows = (
        ('calculation', *inside),
        ('command', whole[0], whole[2]),
        ('command, with report', whole[1], whole[2]),
    )
    for name, mine, theirs in rows:
        print(f'  {name:<22} {mine:.2f} s   plain {theirs:.2f} s   ratio {mine / theirs:.2f}')
    is_good = whole[1] <= ALLOWED_S and inside[0] <= ALLOWED_RATIO * inside[1]
    print(f'  needed: {ALLOWED_S:g} s, ratio {ALLOWED_RATIO:g}: {"met" if is_good else "NOT MET"}')
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
