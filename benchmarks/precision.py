"""The runtimes that a CPU has, beside LeRobot's eager float32, for the shipped policy.

    python benchmarks/precision.py

All take turns in one run, so that ratios hold on a busy machine too. torch.compile is left out
for the minutes it compiles; `vla_rollout.benchmark.benchmark` has it, and GPUs.
"""

import argparse
import json
from pathlib import Path
import sys
import tempfile

from vla_rollout.benchmark.benchmark import main as benchmark

METHODS = 'bf16,int8,onnx,onnx_int8,openvino,openvino_bf16,openvino_int8'
MIN_SPEEDUP, MAX_ERROR_OF_RANGE = 2.5, 1e-3


def main() -> int:
    """Print the table; fail when the fastest accurate method is not fast enough."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / 'result.json'
        arguments = ['panda_lift_act', '--methods', METHODS, '--repeats', '100']
        status = benchmark([*arguments, '--json', str(result)])
        if status:
            return status
        content = json.loads(result.read_text())
    rows = {row['method']: row['measurement'] for row in content['methods']}
    best = rows[content['fastest']]
    speedup, of_range = best['speedup'], best['error']['of_range']
    print(
        f'{content["fastest"]}: {speedup:.2f} x fp32 (must be {MIN_SPEEDUP} or more), action '
        f'error {of_range:.1e} of the joint range (must be {MAX_ERROR_OF_RANGE:g} or less)'
    )
    return int(speedup < MIN_SPEEDUP or of_range > MAX_ERROR_OF_RANGE)


if __name__ == '__main__':
    sys.exit(main())
