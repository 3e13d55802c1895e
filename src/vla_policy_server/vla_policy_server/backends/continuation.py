"""LeRobot's real-time chunking: a new chunk that goes on where the arm will be.

Black, Galliker and Levine 2025, 'Real-time execution of action chunking flow policies': the
steps that will have been played when the answer comes are frozen, the rest of the old chunk
pulls the new one towards itself with exponentially falling weights (equation 5).
"""

from typing import Any

from vla_contract.errors import PolicyError


def supports_continuation(network: Any) -> bool:
    """Whether a network has real-time chunking."""
    return bool(getattr(network, 'supports_rtc', lambda: False)())


class Continuation:
    """Asks a network that supports it to continue what the arm does.

    Works around three defects of LeRobot 0.6.1: its engine fills a short rest with zeros, which
    in normalised units is the mean of the data set and not where the arm is; its guidance fails
    under `torch.inference_mode`, so whoever calls the network must use `torch.no_grad`; and it
    drops the first steps of a first chunk, which the scheduler here does not.
    """

    def __init__(self, network: Any) -> None:
        """Switch real-time chunking on.

        Raises:
            PolicyError: the network has none.
        """
        if not supports_continuation(network):
            kind = getattr(getattr(network, 'config', None), 'type', type(network).__name__)
            raise PolicyError(
                f"mode rtc: policy type '{kind}' has no real-time chunking; allowed: sync, async"
            )
        from lerobot.configs import RTCAttentionSchedule
        from lerobot.policies.rtc import RTCConfig

        self._config = RTCConfig(prefix_attention_schedule=RTCAttentionSchedule.EXP)
        network.config.rtc_config = self._config
        network.init_rtc_processor()
        self._chunk_size = network.config.chunk_size

    def arguments(self, rest: Any, delay_steps: int) -> dict[str, Any]:
        """Return the keyword arguments with which the network continues a plan.

        Args:
            rest: normalised steps from the observation's time on, tensor of shape (1, K, A).
            delay_steps: how many of them are played before the answer comes.
        """
        import torch

        rest = rest[0, : self._chunk_size]
        steps = len(rest)
        # Here and not as an argument, because GR00T reads it from its configuration alone.
        self._config.execution_horizon = steps
        padding = rest[-1:].expand(self._chunk_size - steps, -1)
        return {
            'inference_delay': min(delay_steps, steps),
            'prev_chunk_left_over': torch.cat([rest, padding]),
        }
