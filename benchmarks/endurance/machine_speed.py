"""How fast this machine is at this moment, whatever runs on it: virtual ones change."""

import os
from pathlib import Path
import time

import numpy as np

_STEAL = 8  # of the line 'cpu' (proc(5)), counted from the name


def calculation_ms() -> float:
    """Return the processor time of a fixed calculation, a few ms of Python and numpy [ms]."""
    numbers = np.linspace(0.0, 1.0, 20_000)
    started_ns = time.thread_time_ns()
    total = 0.0
    for k in range(20_000):
        total += k * 0.5
    for _ in range(20):
        numbers = np.sqrt(numbers + total)
    return (time.thread_time_ns() - started_ns) / 1e6


def stolen_s() -> float:
    """Return the processor time that other guests of the host have had instead, so far [s]."""
    fields = Path('/proc/stat').read_text().splitlines()[0].split()
    return int(fields[_STEAL]) / os.sysconf('SC_CLK_TCK')
