"""What a person writes with OpenCV alone to calibrate a camera: the reference of the benchmark.

python benchmarks/plain_intrinsics.py IMAGES...
"""

import sys

import cv2
import numpy as np


def calibrate(paths: list[str]) -> tuple[float, np.ndarray]:
    """Return RMS [px] and camera matrix from images of a 9x6 board of 25 mm."""
    board = np.zeros((54, 3), np.float32)
    board[:, :2] = 25.0 * np.mgrid[:9, :6].T.reshape(-1, 2)
    points, pixels = [], []
    for path in paths:
        grey = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        is_found, corners = cv2.findChessboardCorners(grey, (9, 6))
        if is_found:
            stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.001)
            points.append(board)
            pixels.append(cv2.cornerSubPix(grey, corners, (5, 5), (-1, -1), stop))
    rms, K, _, _, _ = cv2.calibrateCamera(points, pixels, grey.shape[::-1], None, None)
    return rms, K


if __name__ == '__main__':
    rms, K = calibrate(sys.argv[1:])
    print(f'RMS {rms:.4f} px, fx {K[0, 0]:.2f} px')
