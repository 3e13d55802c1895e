"""The same episodes on the ROS graph and in one process: do both say the same of a policy?

The graph runs in real time, with whatever latency this machine has; inference in the process takes
as long as makes chunks as old there. Judged by the scenes in which only one of the two
succeeds (exact McNemar), and by how often episodes end alike.

example:
  python studies/graph_and_process.py --episodes 100 --randomization tutorial --json runs/both.json
"""

import argparse
from collections import Counter
import json
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np
from vla_contract.cli.command import DONE, NOT_GOOD_ENOUGH, write_json
from vla_contract.cli.number_types import positive
from vla_rollout.statistics.comparison import compare

LEAST_P, LEAST_ALIKE = 0.05, 0.9


def run(words: list[str]) -> list[dict[str, Any]]:
    """Run a command of vla; return its episodes."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / 'result.json'
        command = [sys.executable, '-m', 'vla_contract.cli.vla', *words, '--json', str(result)]
        subprocess.run([*command, '--runs', folder], check=True)
        episodes: list[dict[str, Any]] = json.loads(result.read_text())['results']
    return episodes


def _age_s(episodes: list[dict[str, Any]]) -> float:
    """Return the median age of a chunk on arrival [s]."""
    ages_ms = [row['chunk_latency_p50_ms'] for row in episodes]
    return float(np.median([age_ms for age_ms in ages_ms if age_ms is not None])) / 1e3


def study(args: argparse.Namespace) -> dict[str, Any]:
    """Run both and compare."""
    scene = ['--episodes', str(args.episodes), '--randomization', args.randomization]
    graph = run(['demo', *scene])
    few = ['--episodes', str(min(args.episodes, 10)), *scene[2:], '--latency-s', '0.0']
    # What images and the wait for them add to inference is the same in both.
    latency_s = max(0.0, _age_s(graph) - _age_s(run(['sim', 'run', *few])))
    process = run(['sim', 'run', *scene, '--latency-s', f'{latency_s:.3f}'])
    pairs = list(zip(graph, process, strict=True))
    comparison = compare(
        [one['success'] for one, _ in pairs], [other['success'] for _, other in pairs], True
    )
    alike = sum(one['termination'] == other['termination'] for one, other in pairs) / len(pairs)
    return {
        'episodes': len(pairs),
        'latency_s': latency_s,
        'graph': dict(Counter(one['termination'] for one, _ in pairs)),
        'process': dict(Counter(other['termination'] for _, other in pairs)),
        'p_value': comparison.p_value,
        'difference': comparison.difference.rate,
        'ended_alike': alike,
    }


def main() -> int:
    """Run the study; 1 when the two differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--episodes', type=positive, default=100)
    parser.add_argument('--randomization', default='tutorial')
    parser.add_argument('--json', type=Path, help='write the figures here')
    args = parser.parse_args()
    found = study(args)
    if args.json:
        write_json(args.json, found)
    for name, value in found.items():
        print(f'{name:<12} {value}')
    is_alike = found['p_value'] > LEAST_P and found['ended_alike'] >= LEAST_ALIKE
    return DONE if is_alike else NOT_GOOD_ENOUGH


if __name__ == '__main__':
    sys.exit(main())
