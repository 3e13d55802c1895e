"""Training samples of a dataset that lists its joints in another order than the policy."""

from typing import Any

from vla_lerobot.vector_order import VectorOrder


class InPolicyOrder:
    """The samples, with the numbers of their vectors in the policy's order."""

    def __init__(self, samples: Any, order: VectorOrder) -> None:
        """Wrap the samples of a dataset."""
        self._samples, self._order = samples, order

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self._samples)

    def __getitem__(self, frame: int) -> dict[str, Any]:
        """Return a sample."""
        return self._order.sample(self._samples[frame])
