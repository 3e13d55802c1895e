"""Has the machine what a deployment needs?"""

from collections.abc import Iterator

from vla_contract.check import Check, measured, skipped

# Left for activations and other programs, of what the policy itself takes.
_GPU_ROOM = 1.2


def check_gpu(device: str, policy_bytes: int) -> Iterator[Check]:
    """Yield whether the policy fits the memory of its device; nothing for a CPU.

    Args:
        device: torch device of the policy.
        policy_bytes: memory of its weights [bytes].
    """
    if not device.startswith('cuda'):
        return
    item, fix = 'GPU memory', 'stop other programs, or use a smaller precision (benchmark)'
    import torch

    needed_gb = policy_bytes * _GPU_ROOM / 1e9
    allowed = f'>= {needed_gb:.1f} GB free'
    if not torch.cuda.is_available():
        yield skipped(item, f'{device} is not available', allowed, fix)
        return
    free_gb = torch.cuda.mem_get_info(device)[0] / 1e9
    yield measured(item, free_gb >= needed_gb, f'{free_gb:.1f} GB free', allowed, fix)
