"""How much memory a process takes while it works."""

from pathlib import Path

_KIB = 1024


def forget_peak() -> None:
    """Let the peak start anew, so that loading and exporting do not count (Linux 4.0).

    Where the kernel refuses, the peak of the whole life of the process counts.
    """
    try:
        Path('/proc/self/clear_refs').write_text('5')
    except OSError:
        return


def peak_bytes() -> int:
    """Return the largest resident size of this process since `forget_peak` [bytes]."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith('VmHWM'):
            return int(line.split()[1]) * _KIB
    raise RuntimeError('/proc/self/status has no VmHWM')


def gpu_used_bytes(device: str) -> int | None:
    """Return the memory in use on a GPU, by everything on it [bytes]; None for a CPU."""
    if not device.startswith('cuda'):
        return None
    import torch

    free, total = torch.cuda.mem_get_info(device)
    return int(total - free)
