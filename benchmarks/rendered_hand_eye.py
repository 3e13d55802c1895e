"""Hand-eye calibrations from rendered images of a simulated arm, against the truth.

    python benchmarks/rendered_hand_eye.py --runs 200 --pool 200

For each set-up a pool of views is rendered once and the board is found in each. Every run draws
20 of them and new errors of the robot, with perfect encoders and with 1 mm / 0.2 deg per axis.
The stated bound adds to that of the noise what a lens and a board of usual quality may do; here
both are exact.
"""

import argparse
import os
import sys

os.environ.setdefault('OMP_NUM_THREADS', '1')
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')

from itertools import islice

import numpy as np
from tqdm import tqdm
from vla_calibration.board.boards import Board
from vla_calibration.board.detection import detect
from vla_calibration.board.pose import board_pose, corner_noise_px
from vla_calibration.calibration_file import lens_of, pose_of
from vla_calibration.geometry import se3
from vla_calibration.geometry.pose import Pose
from vla_calibration.hand_eye.hand_eye import Budget
from vla_calibration.hand_eye.solve.gls import RobotSigma
from vla_calibration.hand_eye.solve.problem import Frames, make_problem, View
from vla_calibration.hand_eye.solve.solver import solve
from vla_contract.cameras.calibration_file import find_calibration, load_calibration
from vla_contract.deployment.deployment import load_deployment
from vla_sim_bridge.calibration_scenes.render_calibration_set import CalibrationSet

# Deployment and truth, by set-up.
SETS = {'eye-in-hand': 'in_hand', 'eye-to-hand': 'beside'}
VIEWS = 20
# Robot error per axis [mm, deg], and how wrong the camera's position may be [mm].
NOISES = ((0.0, 0.0, 1.0), (1.0, 0.2, 3.0))
SMALLEST_COVERAGE = 0.90
FRAMES = Frames('base', 'tool', 'camera', 'board')


class Pool:
    """Rendered views of one set-up, with the board found in them."""

    def __init__(self, name: str, setup: str, size: int) -> None:
        """Render `size` views."""
        self.setup = setup
        calibration = load_calibration(find_calibration('samples', name))
        self.truth = pose_of(calibration).T
        lens = lens_of(calibration)
        self.tools, self.detections, self.poses = [], [], []
        with CalibrationSet(load_deployment(f'calibrate_{name}'), seed=1) as scene:
            board = Board('chessboard', scene.board.cols, scene.board.rows, scene.board.square_m)
            drawn = islice(scene.views(), size)
            for _, T_base_tool, image in tqdm(drawn, total=size, desc=name, unit='view'):
                found = detect(image, board)
                pose = board_pose(found, lens) if found else None
                if found and pose and not pose.is_ambiguous:
                    self.tools.append(T_base_tool)
                    self.detections.append(found)
                    self.poses.append(pose)

    def run(self, sigma: RobotSigma, rng: np.random.Generator) -> tuple[float, float, float]:
        """Calibrate once; returns error, bound from noise and stated bound, all in mm."""
        chosen = rng.choice(len(self.tools), VIEWS, replace=False)
        sigma_px = corner_noise_px([self.poses[i] for i in chosen])
        spread = np.sqrt(sigma.covariance.diagonal())
        views = [
            View(
                str(i),
                Pose('base', 'tool', self.tools[i] @ se3.exp(spread * rng.normal(size=6))),
                Pose('camera', 'board', self.poses[i].T_camera_board),
                self.poses[i].covariance(sigma_px),
                self.detections[i].pixels,
                self.detections[i].points,
            )
            for i in chosen
        ]
        problem = make_problem(views, self.setup, FRAMES)
        solution = solve(problem)
        error_m = float(np.linalg.norm(solution.fit.X[:3, 3] - self.truth[:3, 3]))
        systematic_m = Budget().systematic_95_m(problem.distance_m)
        stated_m = float(np.hypot(solution.error_95_m, systematic_m))
        return 1000.0 * error_m, 1000.0 * solution.error_95_m, 1000.0 * stated_m


def main() -> int:
    """Print a row for each set-up and noise; status 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--runs', type=int, default=200, help='per row, default: 200')
    parser.add_argument('--pool', type=int, default=100, help='views rendered, default: 100')
    parser.add_argument('--only', choices=SETS, nargs='+', help='default: both set-ups')
    args = parser.parse_args()
    print(f'{args.runs} runs of {VIEWS} rendered views out of {args.pool}: position error, mm')
    print(f'{"set-up, robot":<34}{"median":>8}{"95 %":>8}{"worst":>8}{"allowed":>9}'
          f'{"bound by noise":>16}{"holds":>8}{"stated":>8}{"holds":>8}')  # fmt: skip
    is_good = True
    for setup in args.only or SETS:
        pool = Pool(SETS[setup], setup, args.pool)
        for mm, deg, allowed_mm in NOISES:
            rng = np.random.default_rng(0)
            sigma = RobotSigma(np.radians(deg), mm / 1000.0)
            rows = [
                pool.run(sigma, rng)
                for _ in tqdm(range(args.runs), desc=f'{mm:g} mm', unit='run', leave=False)
            ]
            error, noise, stated = np.array(rows).T
            by_noise, by_stated = float((error <= noise).mean()), float((error <= stated).mean())
            holds = error.max() < allowed_mm and by_stated >= SMALLEST_COVERAGE
            is_good &= bool(holds)
            print(
                f'{f"{setup}, {mm:g} mm / {deg:g} deg":<34}{np.median(error):8.3f}'
                f'{np.percentile(error, 95):8.3f}{error.max():8.3f}{allowed_mm:9.1f}'
                f'{np.median(noise):16.3f}{100 * by_noise:7.1f}%{np.median(stated):8.2f}'
                f'{100 * by_stated:7.1f}%' + ('' if holds else '  FAILS'),
                flush=True,
            )
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
