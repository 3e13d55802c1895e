"""Processor time of `vla --help` and of every command's, beside a bare Python.

    python benchmarks/help.py

Exit status 0 when the shortest of three runs of each is within its allowance.
"""

import argparse
from importlib.metadata import entry_points
import os
import subprocess
import sys

from vla_contract.cli.vla import GROUP

_LARGEST_S, _LARGEST_OF_ALL_S = 0.5, 0.3
_RUNS = 3


def processor_s(arguments: list[str]) -> float:
    """Return the shortest processor time of a few runs [s]."""
    times = []
    for _ in range(_RUNS):
        before = os.times()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        times.append(sum(after[2:4]) - sum(before[2:4]))
    return min(times)


def main() -> int:
    """Print a line for each; return the status."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    names = ['', *sorted(entry.name.replace('.', ' ') for entry in entry_points(group=GROUP))]
    bare_s = processor_s(['-c', 'pass'])
    is_good = True
    for name in names:
        found_s = processor_s(['-m', 'vla_contract.cli.vla', *name.split(), '--help'])
        allowed_s = _LARGEST_S if name else _LARGEST_OF_ALL_S
        is_good &= found_s <= allowed_s
        print(
            f'vla {name:26} {found_s:.2f} s, allowed {allowed_s:.1f} s, {found_s / bare_s:.0f} x '
            f'python -c pass{"" if found_s <= allowed_s else "   TOO SLOW"}',
            flush=True,
        )
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
