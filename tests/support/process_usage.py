"""What a Linux process holds at this moment."""

import os
from pathlib import Path
from typing import NamedTuple

_TICKS_PER_S = os.sysconf('SC_CLK_TCK')


class Usage(NamedTuple):
    """Private memory [MB], open file descriptors, threads, and processor time so far [s]."""

    memory_mb: float
    handles: int
    threads: int
    cpu_s: float


def usage(pid: int) -> Usage:
    """Read it from /proc; memory is anonymous memory, without shared libraries and buffers."""
    folder = Path(f'/proc/{pid}')
    lines = (folder / 'status').read_text().splitlines()
    status = dict(line.split(':', 1) for line in lines if ':' in line)
    # The fields after the name in brackets: the 12th and 13th are utime and stime (proc(5)).
    fields = (folder / 'stat').read_text().rsplit(')', 1)[1].split()
    return Usage(
        memory_mb=int(status['RssAnon'].split()[0]) / 1024,
        handles=len(os.listdir(folder / 'fd')),
        threads=int(status['Threads']),
        cpu_s=(int(fields[11]) + int(fields[12])) / _TICKS_PER_S,
    )
