"""How much memory the policy takes on its GPU."""

import sys

_MIB = 2**20


def gpu_memory() -> dict[str, float]:
    """Return allocated, reserved and free memory of the current GPU [MiB]; nothing without one.

    A policy that never imported torch has none, and asking must not import it.
    """
    torch = sys.modules.get('torch')
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return {}
    free, _total = torch.cuda.mem_get_info()
    return {
        'gpu_allocated_mib': torch.cuda.memory_allocated() / _MIB,
        'gpu_reserved_mib': torch.cuda.memory_reserved() / _MIB,
        'gpu_free_mib': free / _MIB,
    }
