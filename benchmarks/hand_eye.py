"""Our hand-eye calibration beside OpenCV's methods, on simulated views with known truth.

    python benchmarks/hand_eye.py --trials 200 --workers 2

The rows are those of the literature's usual studies: number of views, how far the camera turns,
corner noise, robot noise. Every method gets the same views.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
import os

os.environ.setdefault('OMP_NUM_THREADS', '1')
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

import cv2
import numpy as np
from tqdm import tqdm
from vla_calibration.hand_eye.solve.methods import METHODS
from vla_calibration.hand_eye.solve.problem import SETUPS
from vla_calibration.hand_eye.solve.solver import solve
from vla_calibration.hand_eye.study import (
    FAULTS,
    judge,
    ROWS,
    Scenario,
    simulate,
    spoil,
    Trial,
)

# A row that is worse than OpenCV's best median, or covers less or more, fails; few trials are
# given the scatter of few trials.
_COVERAGE = (0.90, 0.99)
_ENOUGH_TRIALS = 150


def one(scenario: Scenario, seed: int) -> Trial:
    """Simulate and judge one calibration."""
    cv2.setNumThreads(1)
    return judge(simulate(scenario, np.random.default_rng(seed)))


def one_spoiled(fault: str, count: int, seed: int) -> tuple[Trial, float, float, int, int]:
    """Judge 20 views of which some are wrong; how far does the answer move?"""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    clean = simulate(Scenario(20, 45, 0.2, 0.5, 0.1), rng)
    bad = spoil(clean, fault, count, rng)
    wrong = np.abs(bad.problem.A - clean.problem.A).max(axis=(1, 2)) > 1e-9
    wrong |= np.abs(bad.problem.B - clean.problem.B).max(axis=(1, 2)) > 1e-9
    trial = judge(bad, ('TSAI', 'PARK', 'DANIILIDIS'))
    X = trial.solution.fit.X[:3, 3]
    without = solve(clean.problem.subset(~wrong)).fit.X[:3, 3]
    with_all = solve(clean.problem).fit.X[:3, 3]
    missed = int((trial.solution.used & wrong).sum())
    lost = int((~trial.solution.used & ~wrong).sum())
    return (
        trial, 1000 * float(np.linalg.norm(X - without)),
        1000 * float(np.linalg.norm(X - with_all)), missed, lost,
    )  # fmt: skip


def study(run: Callable, rows: tuple[Scenario, ...], trials: int, first: int) -> bool:
    """Print median and 95th percentile of the error for each row; whether every row holds."""
    print('translation error of X, mm: median/95 %; methods rejected in more than half: -')
    print(f'{"views, turn, corners, robot":<44}{"ours":>11}' + ''.join(
        f'{name:>11}' for name in METHODS) + '  ellipsoid  radius  ours/best')  # fmt: skip
    holds = True
    for row in rows:
        results = list(run(partial(one, row), range(first, first + trials), str(row)))
        ours = np.array([trial.ours_mm for trial in results])
        cells, best = [], np.inf
        for name in METHODS:
            errors = np.array([trial.error_mm[name] for trial in results])
            if np.isnan(errors).mean() > 0.5:
                cells.append(f'{"-":>11}')
                continue
            good = errors[~np.isnan(errors)]
            best = min(best, float(np.median(good)))
            cells.append(f'{np.median(good):6.2f}/{np.percentile(good, 95):<4.1f}')
        covered = np.mean([trial.is_covered for trial in results])
        bounded = np.mean([trial.is_bounded for trial in results])
        ratio = float(np.median(ours)) / best
        slack = 0.0 if trials >= _ENOUGH_TRIALS else 0.5 / np.sqrt(trials)
        low, high = _COVERAGE
        is_good = ratio <= 1.0 + slack and low - slack <= covered <= high + slack
        holds &= is_good
        print(
            f'{row!s:<44}{np.median(ours):6.2f}/{np.percentile(ours, 95):<4.2f}'
            + ''.join(cells)
            + f'{100 * covered:9.1f} %{100 * bounded:6.1f} %{ratio:9.2f}'
            + ('' if is_good else '  FAILS'),
            flush=True,
        )
    return holds


def outliers(run: Callable, trials: int, first: int) -> bool:
    """Print what wrong views do to each method; whether none moves our answer by 0.3 mm."""
    print('\n20 views, some wrong: error median/95 %, mm; how far the wrong views move the answer')
    print(f'{"":<26}{"ours":>11}{"TSAI":>14}{"PARK":>14}{"DANIILIDIS":>14}'
          '   against the good views alone, against all 20 right; missed, lost')  # fmt: skip
    holds = True
    for fault in FAULTS:
        for count in (2, 4) if fault != 'stale robot pose' else (2, 4, 8):
            name = f'{count} x {fault}'
            results = list(
                run(partial(one_spoiled, fault, count), range(first, first + trials), name)
            )
            ours = np.array([result[0].ours_mm for result in results])
            cells = []
            for method in ('TSAI', 'PARK', 'DANIILIDIS'):
                errors = np.array([result[0].error_mm[method] for result in results])
                good = errors[~np.isnan(errors)]
                cells.append(f'{np.median(good):7.1f}/{np.percentile(good, 95):<6.0f}'
                             if len(good) > len(errors) / 2 else f'{"rejected":>14}')  # fmt: skip
            alone = np.array([result[1] for result in results])
            right = np.array([result[2] for result in results])
            missed, lost = (sum(result[k] for result in results) for k in (3, 4))
            is_good = float(np.median(alone)) < 0.3 or count > 4
            holds &= is_good
            print(
                f'{name:<26}{np.median(ours):6.2f}/{np.percentile(ours, 95):<4.2f}'
                + ''.join(cells)
                + f'   {np.median(alone):5.2f}/{np.percentile(alone, 95):<5.2f}'
                f' {np.median(right):5.2f}/{np.percentile(right, 95):<5.2f}'
                f'   {missed:d}, {lost:d} of {20 * trials}' + ('' if is_good else '  FAILS'),
                flush=True,
            )
    return holds


def main() -> None:
    """Print every table; status 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--trials', type=int, default=40, help='per row, default: 40')
    parser.add_argument('--workers', type=int, default=os.cpu_count() or 1)
    parser.add_argument('--first-seed', type=int, default=0)
    parser.add_argument('--only', choices=('study', 'setups', 'outliers'), default=None)
    args = parser.parse_args()
    with ProcessPoolExecutor(args.workers) as pool:

        def run(body: Callable, seeds: range, name: str) -> tqdm:
            done = pool.map(body, seeds, chunksize=4)
            return tqdm(done, total=len(seeds), desc=name, unit='trial', leave=False)

        holds = True
        if args.only in (None, 'study'):
            holds &= study(run, ROWS, args.trials, args.first_seed)
        if args.only in (None, 'setups'):
            print('\nboth set-ups, 20 views, perfect encoders and 1 mm / 0.2 deg')
            rows = tuple(
                Scenario(20, 45, 0.2, mm, deg, setup)
                for setup in SETUPS
                for mm, deg in ((0.0, 0.0), (1.0, 0.2))
            )
            holds &= study(run, rows, args.trials, args.first_seed)
        if args.only in (None, 'outliers'):
            holds &= outliers(run, args.trials, args.first_seed)
    raise SystemExit(0 if holds else 1)


if __name__ == '__main__':
    main()
