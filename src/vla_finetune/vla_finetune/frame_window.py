"""Which frames a training sample is made of: those around one frame, inside its episode."""

import torch


def frame_window(
    frames: torch.Tensor, offsets: torch.Tensor, first: torch.Tensor, last: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the frames at some offsets; beyond an end of the episode its last frame repeats.

    Args:
        frames: indices of the samples' own frames, shape (B,).
        offsets: distance of each wanted frame, shape (T,).
        first: first frame of each sample's episode, shape (B,).
        last: last frame of each sample's episode, shape (B,).

    Returns:
        Indices, shape (B, T), and where they repeat an end, shape (B, T), bool.
    """
    wanted = frames[:, None] + offsets[None]
    inside = torch.minimum(torch.maximum(wanted, first[:, None]), last[:, None])
    return inside, inside != wanted
