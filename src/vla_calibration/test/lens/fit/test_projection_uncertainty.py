"""The stated deviation of a projection is how far it is from the truth."""

from intrinsics_views import detections, LENS, poses, SIZE
import numpy as np
import pytest
from vla_calibration.lens.fit.fit import fit_lens
from vla_calibration.lens.fit.half_split import projection_difference
from vla_calibration.lens.fit.projection_uncertainty import (
    COLUMNS,
    projection_uncertainty,
    ROWS,
)
from vla_calibration.lens.fit.start import start_pinhole
from vla_calibration.lens.fit.view_stack import ViewStack


def fitted(seed: int):
    views = ViewStack.of(detections(poses(15, 40.0, 3), seed=seed))
    return views, fit_lens(views, start_pinhole(views, SIZE))


def test_it_is_how_far_from_the_true_lens_directions_are_seen():
    ratios = []
    for seed in range(40):
        views, fit = fitted(seed)
        lens = fit.state.lens(SIZE)
        found = projection_uncertainty(fit, fit.theta_covariance, lens, views.all_pixels())
        where = found.pixels[found.is_inside]
        apart = projection_difference(LENS, lens, where)
        ratios.append((apart / found.far_px[found.is_inside]) ** 2)
    # A distance has two directions, of which the stated one is the worse: 1 to sqrt 2.
    assert 0.75 < np.sqrt(np.mean(ratios)) < 1.4


def test_near_points_are_surer_than_far_ones_and_the_middle_than_the_edge():
    views, fit = fitted(0)
    found = projection_uncertainty(
        fit, fit.theta_covariance, fit.state.lens(SIZE), views.all_pixels()
    )
    assert found.far_px.shape == found.near_px.shape == (ROWS * COLUMNS,)
    assert (found.near_px[found.is_inside] <= found.far_px[found.is_inside] + 1e-9).mean() > 0.9
    figures = found.figures
    assert figures['far_centre'] < figures['far_worst'] < 0.5
    assert figures['near_worst'] < figures['far_worst']
    assert figures['near_m'] == pytest.approx(0.43, abs=0.06)
    far = found.far_px.reshape(ROWS, COLUMNS)
    assert far[0, 0] > far[ROWS // 2, COLUMNS // 2]


def test_twice_the_noise_is_twice_the_deviation():
    views, fit = fitted(0)
    lens, seen = LENS, views.all_pixels()
    once = projection_uncertainty(fit, fit.theta_covariance, lens, seen)
    twice = projection_uncertainty(fit, 4.0 * fit.theta_covariance, lens, seen)
    assert twice.far_px == pytest.approx(2.0 * once.far_px)
