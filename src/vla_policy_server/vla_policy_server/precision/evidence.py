"""Which method a benchmark on this machine has found fastest among those good enough."""

import json
from pathlib import Path

from vla_contract.cli.command import write_json

AUTO = 'auto'
REFERENCE = 'fp32'
_FILE = 'evidence.json'


def write_evidence(folder: Path, device: str, precision: str) -> None:
    """Remember the fastest accepted method of a checkpoint on a device."""
    write_json(folder / _FILE, _read(folder) | {device: precision})


def best_precision(folder: Path, device: str) -> str:
    """Return what the last benchmark on this device found; fp32 where nothing was measured."""
    return _read(folder).get(device, REFERENCE)


def _read(folder: Path) -> dict[str, str]:
    path = folder / _FILE
    return dict(json.loads(path.read_text())) if path.is_file() else {}
