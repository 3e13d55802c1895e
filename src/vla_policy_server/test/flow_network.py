"""A flow-matching policy whose answer is known, for real-time chunking."""

from types import SimpleNamespace

import torch

CHUNK, JOINTS = 16, 8


class FlowNetwork:
    """A flow-matching policy whose answer is known, guided by LeRobot's own processor."""

    def __init__(self) -> None:
        self.config = SimpleNamespace(type='flow', chunk_size=CHUNK, rtc_config=None)
        self.rtc_processor = None
        self.target = torch.linspace(-1, 1, CHUNK)[:, None].expand(CHUNK, JOINTS).clone()
        self.asked: dict[str, object] = {}

    def supports_rtc(self) -> bool:
        return True

    def init_rtc_processor(self) -> None:
        from lerobot.policies.rtc.modeling_rtc import RTCProcessor

        self.rtc_processor = RTCProcessor(self.config.rtc_config)

    def predict_action_chunk(self, batch, **guidance):
        """Integrate from a fixed noise to the target in ten steps, as SmolVLA and pi0 do."""
        self.asked = guidance
        x = torch.randn(1, CHUNK, JOINTS, generator=torch.Generator().manual_seed(0))
        for step in range(10):
            t = 1.0 - step / 10

            def velocity(x, t=t):
                return (x - self.target) / t

            if guidance:
                v = self.rtc_processor.denoise_step(
                    x_t=x,
                    prev_chunk_left_over=guidance['prev_chunk_left_over'],
                    inference_delay=guidance['inference_delay'],
                    time=t,
                    original_denoise_step_partial=velocity,
                )
            else:
                v = velocity(x)
            x = x - v / 10
        return x

    def reset(self) -> None:
        pass
