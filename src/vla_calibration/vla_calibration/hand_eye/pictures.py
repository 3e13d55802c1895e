"""Drawings of a hand-eye calibration: which views fit, how far they turn, how sure X is."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np
from vla_calibration.hand_eye.hand_eye import HandEyeResult
from vla_contract.page.svg import BAD, BAND, INK, QUIET, SECOND, svg_of
from vla_contract.values import Vector

_MARKERS = ('o', 's', '^', 'v', 'D', 'P', 'X')
_SIDES = ((0, 1), (0, 2), (1, 2))


def residual_bars(result: HandEyeResult) -> str:
    """Draw how far each view is from where the others predict it, SVG."""
    held_out = result.held_out
    names = [result.names[view] for view in held_out.views]
    figure = Figure(figsize=(9.0, 3.2), layout='constrained')
    distance, influence = figure.subplots(1, 2, sharex=True)
    distance.bar(range(len(names)), held_out.centre_mm, color=SECOND)
    distance.axhline(
        held_out.rms_mm, color=QUIET, linewidth=1.0, linestyle='--',
        label=f'rms {held_out.rms_mm:.2f} mm',
    )  # fmt: skip
    distance.legend(frameon=False, fontsize=8, labelcolor=INK)
    distance.set_ylabel('held-out error [mm]')
    influence.bar(range(len(names)), held_out.shift_mm, color=SECOND)
    influence.set_ylabel('camera moves without it [mm]')
    for axes in (distance, influence):
        _name_views(axes, names)
    return svg_of(figure)


def agreement(result: HandEyeResult) -> str:
    """Draw how many times as far off as stated each view is, used or not, SVG."""
    ratio = np.sqrt(result.solution.chi2 / 6.0)
    used = result.solution.used
    figure = Figure(figsize=(9.0, 2.8), layout='constrained')
    axes = figure.subplots()
    places = np.arange(len(ratio))
    axes.bar(places[used], ratio[used], color=SECOND, label='used')
    if not used.all():
        axes.bar(places[~used], ratio[~used], color=BAD, label='rejected')
        axes.set_yscale('log')
        axes.legend(frameon=False, labelcolor=INK)
    axes.axhline(1.0, color=QUIET, linewidth=1.0, linestyle='--')
    axes.set_ylabel('error / stated error')
    _name_views(axes, result.names)
    return svg_of(figure)


def uncertainty(result: HandEyeResult) -> str:
    """Draw the stated error at 95 % from three sides, what of it is noise, and methods, SVG.

    Lens and board are wrong in one direction that nobody knows: their part is a circle around
    the ellipse of the noise.
    """
    C = 1e6 * result.solution.ellipsoid_factor * result.solution.fit.position_covariance
    reach = 1.3 * result.error_95_mm
    turn = np.linspace(0.0, 2.0 * np.pi, 121)
    stated = result.error_95_mm * np.stack([np.cos(turn), np.sin(turn)])
    figure = Figure(figsize=(9.0, 3.6), layout='constrained')
    for axes, (i, j) in zip(figure.subplots(1, 3), _SIDES, strict=True):
        axes.fill(*stated, color=BAND, linewidth=0, label='stated error, 95 %')
        noise = _ellipse(C[np.ix_([i, j], [i, j])])
        axes.fill(*noise, color=SECOND, alpha=0.6, linewidth=0, label='of it noise')
        for method, marker in zip(result.methods, _MARKERS, strict=False):
            if method.X is None:
                continue
            offset = 1000.0 * (method.X[:3, 3] - result.camera.position)
            if np.abs(offset).max() < reach:
                axes.plot(
                    offset[i], offset[j], marker, color=QUIET, label=method.name, fillstyle='none'
                )
        axes.plot(0.0, 0.0, '+', color=INK, label='this result')
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect='equal')
        axes.set_xlabel(f'{"xyz"[i]} [mm]')
        axes.set_ylabel(f'{"xyz"[j]} [mm]')
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc='outside lower center', ncols=8, frameon=False, fontsize=8,
        labelcolor=INK,
    )  # fmt: skip
    return svg_of(figure)


def directions(result: HandEyeResult) -> str:
    """Draw from where and how far away the board was seen, in the board's frame, SVG."""
    eyes = np.linalg.inv(result.problem.B)[:, :3, 3] - result.problem.board_centre
    distance = np.linalg.norm(eyes, axis=1)
    tilt = np.degrees(np.arccos(np.clip(np.abs(eyes[:, 2]) / distance, 0.0, 1.0)))
    bearing = np.arctan2(eyes[:, 1], eyes[:, 0])
    figure = Figure(figsize=(5.2, 3.6), layout='constrained')
    axes = figure.add_subplot(projection='polar')
    axes.set_facecolor('none')
    used = result.solution.used
    near, far = float(distance.min()), float(distance.max())
    area = 15.0 + 85.0 * (distance - near) / max(far - near, 1e-9)
    axes.scatter(bearing[used], tilt[used], s=area[used], color=SECOND, alpha=0.7, label='used')
    axes.scatter(
        bearing[~used], tilt[~used], s=area[~used], marker='x', color=BAD, label='rejected'
    )
    axes.set_ylim(0.0, max(50.0, 1.1 * float(tilt.max())))
    axes.set_xlabel(f'bearing and tilt [deg]; small at {near:.2f} m, large at {far:.2f} m')
    return svg_of(figure)


def _name_views(axes: Axes, names: tuple[str, ...] | list[str]) -> None:
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7, parse_math=False)
    axes.spines[['top', 'right']].set_visible(False)


def _ellipse(C: Vector) -> tuple[Vector, Vector]:
    values, axes = np.linalg.eigh(C)
    angle = np.linspace(0.0, 2.0 * np.pi, 121)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    x, y = axes @ (np.sqrt(values)[:, None] * circle)
    return x, y
