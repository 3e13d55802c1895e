"""The module search path of processes that import `support`."""

import os
from pathlib import Path

# Scripts see this folder through a link in theirs.
TESTS = Path(__file__).resolve().parents[1]


def python_path() -> str:
    """Return the PYTHONPATH for a process that runs a module of `support`."""
    return f'{TESTS}:{os.environ.get("PYTHONPATH", "")}'
