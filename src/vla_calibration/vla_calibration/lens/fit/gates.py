"""What must hold before intrinsics are accepted, and what to add where it does not.

RMS alone accepts garbage: twenty head-on views with 0.2 px of noise give an RMS of 0.27 px and a
focal length that is 56 % wrong. Each gate closes one such hole.
"""

from dataclasses import dataclass

from vla_contract.schema import setting


@dataclass(frozen=True)
class GateLimits:
    """The limits of every gate."""

    rms_px: float = setting(0.5, doc='largest RMS reprojection error per point', unit='px')
    held_out_px: float = setting(0.5, doc='largest RMS of views left out', unit='px')
    focal_std_percent: float = setting(0.2, doc='largest standard deviation of fx', unit='%')
    views: int = setting(10, doc='fewest views used')
    tilted_views: int = setting(5, doc='fewest views tilted by more than tilt_deg')
    tilt_deg: float = setting(20.0, doc='tilt that shows the focal length', unit='deg')
    half_split_px: float = setting(1.0, doc='largest RMS difference of two halves', unit='px')
    coverage_percent: float = setting(50.0, doc='smallest share of image cells with points')


@dataclass(frozen=True)
class GateFigures:
    """What the gates look at.

    Attributes:
        rms_px: RMS reprojection error per point [px].
        held_out_px: RMS of each view predicted without it [px].
        focal_std_percent: standard deviation of fx, inflated [% of fx].
        tilts_deg: tilt of each used view.
        half_split_px: RMS over the region used of the difference of two halves; None when the
            views are too few to split.
        coverage_percent: share of the image's cells that hold a point.
        empty_regions: names of the parts of the image without points.
    """

    rms_px: float
    held_out_px: float
    focal_std_percent: float
    tilts_deg: tuple[float, ...]
    half_split_px: float | None
    coverage_percent: float
    empty_regions: tuple[str, ...]


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        name: of the figure.
        found: the figure in words.
        needed: the limit in words.
        holds: whether it is met.
        cure: what to do where it is not.
    """

    name: str
    found: str
    needed: str
    holds: bool
    cure: str

    @property
    def reason(self) -> str:
        """Why the gate is shut, one sentence."""
        named = '' if self.name in self.cure else f'{self.name}: '
        return f'{self.cure}: {named}found {self.found}, needed {self.needed}'


def check_gates(figures: GateFigures, limits: GateLimits | None = None) -> tuple[Gate, ...]:
    """Return every gate with its verdict."""
    limits = GateLimits() if limits is None else limits
    views = len(figures.tilts_deg)
    tilted = sum(tilt > limits.tilt_deg for tilt in figures.tilts_deg)
    return (
        _at_most(
            'RMS', figures.rms_px, limits.rms_px, ' px',
            'check the focus, the flatness of the board and its size in points',
        ),
        _at_most(
            'RMS of views left out', figures.held_out_px, limits.held_out_px, ' px',
            'add views that differ in place, distance and tilt',
        ),
        _at_least('views', views, limits.views, 'add views'),
        _at_least(
            f'views tilted by more than {limits.tilt_deg:g} degrees', tilted,
            limits.tilted_views, f'add views tilted by more than {limits.tilt_deg:g} degrees',
        ),
        _at_most(
            'standard deviation of fx', figures.focal_std_percent, limits.focal_std_percent,
            ' %', 'add near views tilted by 30 to 45 degrees about both axes',
        ),
        _half_split(figures.half_split_px, limits.half_split_px),
        _coverage(figures, limits.coverage_percent),
    )  # fmt: skip


def _at_most(name: str, found: float, limit: float, unit: str, cure: str) -> Gate:
    # A comparison with NaN is false: what cannot be computed does not pass.
    return Gate(name, f'{found:.3g}{unit}', f'at most {limit:g}{unit}', found <= limit, cure)


def _at_least(name: str, found: int, limit: int, cure: str) -> Gate:
    return Gate(name, str(found), f'{limit}', found >= limit, cure)


def _half_split(found: float | None, limit: float) -> Gate:
    name = 'difference between the lenses of two halves of the views'
    cure = 'add views, until any half of them tells the same'
    if found is None:
        return Gate(name, 'too few views to split', f'at most {limit:g} px', False, cure)
    return _at_most(name, found, limit, ' px', cure)


def _coverage(figures: GateFigures, limit: float) -> Gate:
    where = ', '.join(figures.empty_regions) or 'the edges'
    found = figures.coverage_percent
    return Gate(
        'image cells with points', f'{found:.0f} %', f'at least {limit:g} %',
        found >= limit, f'add views with the board at {where}',
    )  # fmt: skip
