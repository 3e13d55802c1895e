"""SmolVLA's shape as graphs, beside LeRobot's eager float32; prefix and loop apart.

    python benchmarks/flow.py --threads 2

All take turns in one run, so that ratios hold on a busy machine too. The weights are random: what
sets the speed is the shape. A processor without bfloat16 cannot halve what its float32 products
take: the first line says how much of its speed in them LeRobot reaches already.
"""

import argparse
import sys

import numpy as np
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.precision.comparing.comparison import (
    build_first,
    compare_side_by_side,
    Comparison,
)
from vla_policy_server.precision.comparing.flow_job import FlowJob
from vla_policy_server.precision.comparing.flow_shapes import FLOW_SHAPES
from vla_policy_server.precision.comparing.verdicts import measurements

METHODS = ('fp32', 'onnx', 'openvino')
MAX_ERROR_OF_RANGE = 1e-3
STEPS = 10
"""From noise to actions, of all these policies."""


def main() -> int:
    """Print the table; fail when a graph is inexact, or every one surely slower than fp32."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shape', default='smolvla-450m-shape', choices=FLOW_SHAPES)
    parser.add_argument('--threads', type=int, default=2, help='of the CPU')
    parser.add_argument('--repeats', type=int, default=5, help='timed chunks per method')
    args = parser.parse_args()
    print(f'float32 products of 1024 x 768 x 3072: {product_gflops(args.threads):.0f} GFLOP/s')
    cell = load_deployment().cell

    def jobs(steps: int | None) -> dict[str, FlowJob]:
        return {
            method: FlowJob(args.shape, method, 'cpu', args.threads, cell, steps)
            for method in METHODS
        }

    absent = build_first({k: job for k, job in jobs(None).items() if k != 'fp32'}, lambda: None)
    for method, reason in absent.items():
        print(f'{method}: {reason}')
    able = [method for method in METHODS if method not in absent]
    whole, single = (
        compare_side_by_side({m: jobs(s)[m] for m in able}, args.repeats, lambda: None)
        for s in (None, 1)
    )
    measured = measurements(whole, 'fp32', cell)
    status, is_fast = int(bool(absent)), False
    print(f'\n{args.shape}, {args.threads} thread(s), medians [s]')
    print('| method | chunk | prefix | loop | x fp32 (95 %) | error of range |')
    print('|---|---|---|---|---|---|')
    for method in able:
        chunk, least = (np.median(f.durations_ns[method]) * 1e-9 for f in (whole, single))
        step = (chunk - least) / (STEPS - 1)
        low, ratio, high = ratio_interval(whole, method)
        error = measured[method].error.of_range
        print(
            f'| {method} | {chunk:.2f} | {least - step:.2f} | {STEPS * step:.2f} '
            f'| {ratio:.2f} ({low:.2f} to {high:.2f}) | {error:.1e} |'
        )
        status |= error > MAX_ERROR_OF_RANGE
        is_fast |= method != 'fp32' and high >= 1.0
    return int(status or not is_fast)


def ratio_interval(found: Comparison, method: str) -> tuple[float, float, float]:
    """Return lower end, value and upper end of fp32's median over the method's, by bootstrap."""
    rng = np.random.default_rng(0)
    base, own = (np.array(found.durations_ns[name]) for name in ('fp32', method))
    draws = [
        np.median(rng.choice(base, len(base))) / np.median(rng.choice(own, len(own)))
        for _ in range(2000)
    ]
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(np.median(base) / np.median(own)), float(high)


def product_gflops(threads: int) -> float:
    """Return how fast torch multiplies matrices of a vision tower at best [GFLOP/s]."""
    import time

    import torch

    torch.set_num_threads(threads)
    patches, weights = torch.randn(1024, 768), torch.randn(768, 3072)
    durations = []
    for _ in range(200):
        start = time.perf_counter()
        patches @ weights
        durations.append(time.perf_counter() - start)
    return 2.0 * 1024 * 768 * 3072 / min(durations) / 1e9


if __name__ == '__main__':
    sys.exit(main())
