"""Pictures of a hand-eye calibration: which views fit, how far they turn, how sure X is."""

from io import BytesIO

from matplotlib.figure import Figure
import numpy as np
from vla_calibration.hand_eye.hand_eye import HandEyeResult
from vla_contract.values import Vector

_MARKERS = ('o', 's', '^', 'v', 'D', 'P', 'X')
_USED, _REJECTED, _LINE = '#2b6cb0', '#c22727', '#66707c'


def residual_bars(result: HandEyeResult) -> bytes:
    """Draw how far each view is from where the others predict it, PNG."""
    held_out = result.held_out
    names = [result.names[view] for view in held_out.views]
    figure = Figure(figsize=(9.0, 3.2), layout='constrained')
    distance, influence = figure.subplots(1, 2, sharex=True)
    places = np.arange(len(names))
    distance.bar(places, held_out.centre_mm, color=_USED)
    distance.axhline(held_out.rms_mm, color=_LINE, linewidth=1.0, linestyle='--')
    distance.set_ylabel('held-out error [mm]')
    influence.bar(places, held_out.shift_mm, color=_USED)
    influence.set_ylabel('camera moves without it [mm]')
    for axes in (distance, influence):
        axes.set_xticks(places, names, rotation=90, fontsize=7)
        axes.spines[['top', 'right']].set_visible(False)
    return _png(figure)


def agreement(result: HandEyeResult) -> bytes:
    """Draw how many times as far off as stated each view is, used or not, PNG."""
    ratio = np.sqrt(result.solution.chi2 / 6.0)
    used = result.solution.used
    figure = Figure(figsize=(9.0, 2.8), layout='constrained')
    axes = figure.subplots()
    places = np.arange(len(ratio))
    axes.bar(places[used], ratio[used], color=_USED, label='used')
    if not used.all():
        axes.bar(places[~used], ratio[~used], color=_REJECTED, label='rejected')
        axes.set_yscale('log')
        axes.legend(frameon=False)
    axes.axhline(1.0, color=_LINE, linewidth=1.0, linestyle='--')
    axes.set_ylabel('error / stated error')
    axes.set_xticks(places, result.names, rotation=90, fontsize=7)
    axes.spines[['top', 'right']].set_visible(False)
    return _png(figure)


def uncertainty(result: HandEyeResult) -> bytes:
    """Draw the 95 % ellipsoid of the position from three sides, methods beside it, PNG."""
    C = 1e6 * result.solution.ellipsoid_factor * result.solution.fit.position_covariance
    figure = Figure(figsize=(9.0, 3.6), layout='constrained')
    for axes, (i, j) in zip(figure.subplots(1, 3), ((0, 1), (0, 2), (1, 2)), strict=True):
        axes.fill(*_ellipse(C[np.ix_([i, j], [i, j])]), color=_USED, alpha=0.35, linewidth=0)
        reach = 1.6 * float(np.sqrt(C.diagonal().max()))
        for method, marker in zip(result.methods, _MARKERS, strict=False):
            if method.X is None:
                continue
            offset = 1000.0 * (method.X[:3, 3] - result.camera.position)
            if np.abs(offset).max() < reach:
                axes.plot(
                    offset[i], offset[j], marker, color=_LINE, label=method.name, fillstyle='none'
                )
        axes.plot(0.0, 0.0, '+', color=_USED, label='this')
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect='equal')
        axes.set_xlabel(f'{"xyz"[i]} [mm]')
        axes.set_ylabel(f'{"xyz"[j]} [mm]')
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=8, frameon=False, fontsize=8)
    return _png(figure)


def directions(result: HandEyeResult) -> bytes:
    """Draw from where and how far away the board was seen, in the board's frame, PNG."""
    eyes = np.linalg.inv(result.problem.B)[:, :3, 3] - result.problem.board_centre
    distance = np.linalg.norm(eyes, axis=1)
    tilt = np.degrees(np.arccos(np.clip(np.abs(eyes[:, 2]) / distance, 0.0, 1.0)))
    bearing = np.arctan2(eyes[:, 1], eyes[:, 0])
    figure = Figure(figsize=(4.4, 3.6), layout='constrained')
    axes = figure.add_subplot(projection='polar')
    used = result.solution.used
    shown = axes.scatter(bearing[used], tilt[used], c=distance[used], cmap='viridis')
    axes.scatter(bearing[~used], tilt[~used], marker='x', color=_REJECTED)
    axes.set_ylim(0.0, max(50.0, 1.1 * float(tilt.max())))
    figure.colorbar(shown, label='distance [m]', pad=0.12)
    return _png(figure)


def _ellipse(C: Vector) -> tuple[Vector, Vector]:
    values, axes = np.linalg.eigh(C)
    angle = np.linspace(0.0, 2.0 * np.pi, 121)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    x, y = axes @ (np.sqrt(values)[:, None] * circle)
    return x, y


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format='png', dpi=110)
    return buffer.getvalue()
