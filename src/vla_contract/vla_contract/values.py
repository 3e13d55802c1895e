"""Value types that pass between the cores: frozen, shape-checked, stamped in nanoseconds."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

NS_PER_S = 1_000_000_000

Vector = NDArray[np.float64]
Stamps = NDArray[np.int64]
Image = NDArray[np.uint8]


def to_ns(seconds: float) -> int:
    """Convert seconds to integer nanoseconds, rounding to the nearest."""
    return round(seconds * NS_PER_S)


def _freeze(values: Vector, shape: tuple[int | None, ...], what: str) -> Vector:
    values = np.array(values, dtype=np.float64)
    fits = values.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, values.shape, strict=True)
    )
    if not fits:
        raise ValueError(f'{what} must have shape {shape}, got {values.shape}')
    values.setflags(write=False)
    return values


def _freeze_stamps(stamps: Stamps | None, default_ns: int | Stamps, dim: int) -> Stamps:
    frozen = np.empty(dim, dtype=np.int64)
    frozen[:] = default_ns if stamps is None else stamps
    frozen.setflags(write=False)
    return frozen


@dataclass(frozen=True)
class JointSample:
    """Positions of all joints, each with the time of its measurement.

    Joints of one message share a time. Where several drivers publish joints, the newest of each is
    here.

    Attributes:
        stamp_ns: time of measurement [ns]; of several drivers, that of the oldest arm joint.
        position: shape (D,) in the cell's joint order [rad or m].
        velocity: shape (D,) [rad/s or m/s]; NaN where the robot does not measure it.
        effort: shape (D,) [Nm or N], NaN where the robot does not measure it; None where it
            measures none.
        stamps_ns: time of measurement of each joint, shape (D,) [ns]; left out, `stamp_ns`.
        arrivals_ns: when each of them came, shape (D,) [ns]; left out, when it was measured.
    """

    stamp_ns: int
    position: Vector
    velocity: Vector
    effort: Vector | None = None
    stamps_ns: Stamps = None  # type: ignore[assignment]
    arrivals_ns: Stamps = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, 'position', _freeze(self.position, (None,), 'position'))
        dim = len(self.position)
        object.__setattr__(self, 'velocity', _freeze(self.velocity, (dim,), 'velocity'))
        if self.effort is not None:
            object.__setattr__(self, 'effort', _freeze(self.effort, (dim,), 'effort'))
        stamps_ns = _freeze_stamps(self.stamps_ns, self.stamp_ns, dim)
        object.__setattr__(self, 'stamps_ns', stamps_ns)
        object.__setattr__(self, 'arrivals_ns', _freeze_stamps(self.arrivals_ns, stamps_ns, dim))


@dataclass(frozen=True)
class CommittedPlan:
    """What the arm does from an observation's time on, while the policy thinks.

    Attributes:
        positions: steps of the chunk in use that are not yet played, the first of them due at
            the observation's time, shape (K, D) with K > 0 [rad or m].
        delay_steps: how many of them will have been played when the answer comes.
    """

    positions: Vector
    delay_steps: int

    def __post_init__(self) -> None:
        object.__setattr__(self, 'positions', _freeze(self.positions, (None, None), 'positions'))


@dataclass(frozen=True)
class Observation:
    """What a policy sees.

    Attributes:
        stamp_ns: capture time of the oldest image or extra [ns].
        state: shape (D,) in the cell's joint order, interpolated to `stamp_ns`.
        images: camera name to RGB image, shape (H, W, 3), as captured.
        instruction: task text.
        extras: privileged values of a simulator, for the scripted expert only.
        committed: what the new chunk has to continue, for policies that can; None to start afresh.
        earlier: what was seen before it in the episode, oldest first, each one period of the
            policy after the one before; for policies that look back (`earlier_steps`), else empty.
    """

    stamp_ns: int
    state: Vector
    images: dict[str, Image]
    instruction: str
    extras: dict[str, Vector] = field(default_factory=dict)
    committed: CommittedPlan | None = None
    earlier: tuple['Observation', ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, 'state', _freeze(self.state, (None,), 'state'))


@dataclass(frozen=True)
class ActionChunk:
    """A sequence of commanded positions that starts at the time of its observation.

    Attributes:
        stamp_ns: time of the observation; point k is due at stamp_ns + k * period_ns, a lone
            point one period after stamp_ns.
        period_ns: time between points [ns].
        positions: shape (T, D) in the cell's joint order [rad or m].
    """

    stamp_ns: int
    period_ns: int
    positions: Vector

    def __post_init__(self) -> None:
        positions = _freeze(self.positions, (None, None), 'positions')
        object.__setattr__(self, 'positions', positions)
        if len(positions) == 0 or self.period_ns <= 0:
            raise ValueError(
                f'a chunk needs points and a period, got {positions.shape} and {self.period_ns}'
            )

    @property
    def end_ns(self) -> int:
        """Time at which the last point is due [ns]."""
        return self.stamp_ns + (len(self.positions) - 1) * self.period_ns
