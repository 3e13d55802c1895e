"""Runs on disk for the tests of reports."""

import json
from pathlib import Path
from typing import Any

from vla_rollout.report.kinds.any_run import AnyRun
from vla_rollout.report.load_run import load_run

DRAWING = '<svg viewBox="0 0 9 9"></svg>'


def episode(seed: int, success: bool, mode: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a row of a summary.json."""
    return {
        'seed': seed,
        'success': success,
        'termination': 'success' if success else 'timeout',
        'failure_mode': mode,
        'duration_s': 2.0 + seed / 10,
        'interventions': 3,
        'chunks': 4,
        'chunk_latency_p50_ms': 40.0 + seed,
        'filter_counters': {'stops': 0},
        'alarms': [] if success else ['1.20 s: wild oscillation: <joints> shake'],
        **more,
    }


def manifest(seed: int, **changes: Any) -> dict[str, Any]:
    """Return what a world says of its episode."""
    drawn = {'name': 'none', 'sha256': 'a' * 64, 'difficulty': 1.0, 'values': {}}
    values = {'cube_x': {'value': 0.4 + seed / 100, 'unit': 'm'}}
    scene = {'seed': seed, 'cell_sha256': 'c' * 64, 'mujoco': '4.0.0', 'task': 'lift_cube'}
    return {**scene, 'values': values, 'randomization': drawn, **changes}


def write_run(folder: Path, results: list[Any], settings: Any = None, **more: Any) -> AnyRun:
    """Write a summary.json and load it."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {'task': 'lift_cube', **(settings or {})}
    values = {'settings': settings, 'results': results, **more}
    (folder / 'summary.json').write_text(json.dumps(values))
    return load_run(folder)
