"""A model with OpenVLA's interface, small enough for a test: it sees the mean of each colour."""

from typing import Any

import numpy as np
import torch
from transformers import BatchFeature

Q01 = [-0.03, -0.04, -0.05, -0.1, -0.1, -0.2, 0.0]
Q99 = [0.03, 0.04, 0.05, 0.1, 0.1, 0.2, 1.0]
NORM_STATS = {
    'bridge_orig': {'action': {'q01': Q01, 'q99': Q99, 'mask': [True] * 6 + [False]}},
    'other': {'action': {'q01': [0.0] * 7, 'q99': [1.0] * 7}},
}
BINS = 256
VOCABULARY = 32000


class TinyProcessor:
    """Turns a text into one token per word and an image into pixels between 0 and 1."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, text: str, image: Any) -> BatchFeature:
        self.prompts.append(text)
        self.sizes.append(image.size)
        ids = torch.tensor([[hash(word) % 1000 for word in text.split()]])
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255.0
        mask = torch.ones_like(ids)
        return BatchFeature({'input_ids': ids, 'attention_mask': mask, 'pixel_values': pixels})


class TinyOpenVla(torch.nn.Module):
    """Answers with the brightness of an image, as tokens, as OpenVLA does."""

    def __init__(self, is_blind: bool = False) -> None:
        super().__init__()
        self.vision_backbone = torch.nn.AdaptiveAvgPool2d(1)
        self.weight = torch.nn.Parameter(torch.eye(3))
        self.norm_stats: dict[str, Any] = NORM_STATS
        self.is_blind = is_blind
        self.factor = 1.0

    @property
    def device(self) -> torch.device:
        return self.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.weight.dtype

    def generate(self, pixels: torch.Tensor) -> list[int]:
        """Return seven tokens: 31999 for -1 down to 31744 for 1."""
        seen = torch.zeros(3) if self.is_blind else self.vision_backbone(pixels)[0, :, 0, 0]
        brightness = [float(value) for value in self.weight @ seen]
        numbers = [2 * b - 1 for b in [*brightness, *brightness, brightness[0]]]
        edges = np.linspace(-1, 1, BINS)
        return [VOCABULARY - int(np.digitize(number, edges)) for number in numbers]

    def predict_action(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        pixel_values: torch.Tensor,
        unnorm_key: str | None,
        do_sample: bool,
    ) -> np.ndarray:
        assert input_ids[0, -1] == 29871
        assert input_ids.shape == attention_mask.shape
        assert not do_sample
        edges = np.linspace(-1, 1, BINS)
        centres = (edges[:-1] + edges[1:]) / 2
        tokens = np.array(self.generate(pixel_values))
        numbers = centres[np.clip(VOCABULARY - tokens - 1, 0, BINS - 2)]
        stats = self.norm_stats[unnorm_key or next(iter(self.norm_stats))]['action']
        low, high = np.array(stats['q01']), np.array(stats['q99'])
        scaled = 0.5 * (numbers + 1) * (high - low) + low
        return self.factor * np.where(stats.get('mask', np.ones(7, bool)), scaled, numbers)
