"""What our training commands write beside a checkpoint, about how it was trained."""

import json
from pathlib import Path
from typing import Any

MANIFEST = 'vla_manifest.json'


def read_manifest(source: str | Path) -> dict[str, Any]:
    """Return the manifest of a checkpoint; empty where it has none, as one of the hub."""
    path = Path(source) / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return manifest
