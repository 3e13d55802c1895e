"""What the benchmark knows of one method."""

from dataclasses import asdict, dataclass
from typing import Any

from vla_policy_server.precision.comparing.action_error import ActionError
from vla_policy_server.precision.comparing.timing import Latency


@dataclass(frozen=True)
class Success:
    """Closed-loop success with its Wilson interval at 95 %, rates in [0, 1]."""

    successes: int
    episodes: int
    lower: float
    upper: float

    @property
    def rate(self) -> float:
        """Share of successful episodes."""
        return self.successes / self.episodes


@dataclass(frozen=True)
class Measurement:
    """Figures of a method that ran.

    Attributes:
        size_bytes: weights in memory, or the graph's file.
        latency: of one chunk, from the pre-processed observation to the normalised chunk.
        speedup: median latency of the reference divided by its own.
        peak_bytes: largest resident size of its process while it computed.
        gpu_bytes: GPU memory it took, None on a CPU.
        error: difference to the reference's actions, None where there is none.
        success: in the simulator, None when no episodes were asked for.
    """

    size_bytes: int
    latency: Latency
    speedup: float
    peak_bytes: int
    gpu_bytes: int | None
    error: ActionError | None
    success: Success | None = None


@dataclass(frozen=True)
class MethodResult:
    """One row of the table.

    Attributes:
        method: its name.
        doc: what it does.
        measurement: None when it could not run.
        reasons: why it is refused, or why it could not run; empty when it is good.
    """

    method: str
    doc: str
    measurement: Measurement | None
    reasons: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether it ran and keeps every limit."""
        return self.measurement is not None and not self.reasons

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        values = asdict(self) | {'accepted': self.is_accepted}
        if self.measurement is not None:
            values['measurement']['frequency_hz'] = self.measurement.latency.frequency_hz
        return values
