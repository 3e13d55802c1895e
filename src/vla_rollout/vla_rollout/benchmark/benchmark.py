"""Measure latency, memory, error and success of every precision and runtime."""

import argparse
from collections.abc import Mapping
from pathlib import Path
import platform
import sys

from vla_contract.cli import number_types
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.deployment_arguments import add_scene, cell_of, named_parts
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.progress import Progress
from vla_contract.cli.terminal import announce
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyError, UnknownNameError
from vla_lerobot.checkpoints.source import resolve_checkpoint
from vla_policy_server.precision.candidate import CheckpointJob
from vla_policy_server.precision.comparing.comparison import (
    build_first,
    bursts,
    compare_in_turn,
    compare_side_by_side,
    Comparison,
)
from vla_policy_server.precision.comparing.flow_job import FlowJob
from vla_policy_server.precision.comparing.flow_shapes import FLOW_SHAPES
from vla_policy_server.precision.comparing.frames import load_frames
from vla_policy_server.precision.comparing.method_process import Job
from vla_policy_server.precision.comparing.openvla_job import ShapeJob
from vla_policy_server.precision.comparing.openvla_shape import require_room, SHAPES
from vla_policy_server.precision.comparing.result import Measurement, MethodResult, Success
from vla_policy_server.precision.comparing.table import markdown_table, remarks
from vla_policy_server.precision.comparing.verdicts import fastest, judge, measurements, roll_out
from vla_policy_server.precision.evidence import REFERENCE, write_evidence
from vla_policy_server.precision.gate import Limits
from vla_policy_server.precision.graph_folder import precision_root
from vla_policy_server.precision.registry import PRECISIONS
from vla_rollout.benchmark.closed_loop_success import closed_loop_success
from vla_rollout.benchmark.simulated_frames import record_frames

_ALL = 'all'
_SHAPE_METHODS = ('fp32', 'bf16', 'int8', 'nf4', 'compiled')


def benchmark(args: argparse.Namespace) -> int:
    """Measure, print and write the table.

    Raises:
        VlaError: the checkpoint cannot be loaded, there are no frames, or a name is unknown.
    """
    methods = parse_methods(args.methods, args.require)
    announce(f'loading {args.checkpoint}')
    if args.checkpoint in FLOW_SHAPES:
        found = measure_flow(args, methods)
    elif args.checkpoint in SHAPES:
        found = measure_shape(args, methods)
    else:
        found = measure(args, methods)
    if REFERENCE in found.absent:
        raise PolicyError(found.absent[REFERENCE])
    measured = measurements(found, REFERENCE, cell_of(args))
    if args.episodes:
        measured = _with_success(args, measured)
    limits = Limits(args.min_speedup, args.max_error, args.max_success_drop)
    results = judge(measured, found.absent, REFERENCE, limits)
    best, folder = fastest(results), found.reports[REFERENCE].folder
    if folder is not None and args.methods == _ALL:  # some methods are no verdict on the others
        write_evidence(folder, args.device, best)
    return publish(args, results, best)


def parse_methods(text: str, required: str) -> list[str]:
    """Return the methods to measure, in the registry's order, which begins with the reference.

    Raises:
        UnknownNameError: there is no such method.
    """
    asked = [*(PRECISIONS if text == _ALL else text.split(',')), *filter(None, [required])]
    for name in asked:
        if name not in PRECISIONS:
            raise UnknownNameError('method', name, 'the benchmark', [_ALL, *PRECISIONS])
    return [name for name in PRECISIONS if name in asked or name == REFERENCE]


def measure(args: argparse.Namespace, methods: list[str]) -> Comparison:
    """Compare methods on a checkpoint.

    Raises:
        VlaError: there is no such checkpoint, or there are no frames.
    """
    resolve_checkpoint(args.checkpoint)
    root = args.frames or record_frames(named_parts(args), precision_root())
    deployment = load_deployment(**named_parts(args), policy=args.checkpoint, backend='lerobot')
    frames = load_frames(deployment, root)
    jobs: dict[str, Job] = {
        name: CheckpointJob(deployment, name, args.device, args.threads, frames)
        for name in methods
    }
    return _build_and_compare(jobs, args.repeats)


def measure_flow(args: argparse.Namespace, methods: list[str]) -> Comparison:
    """Compare methods on random weights of a published flow-matching policy's shape."""
    cell = cell_of(args)
    jobs: dict[str, Job] = {
        name: FlowJob(args.checkpoint, name, args.device, args.threads, cell) for name in methods
    }
    return _build_and_compare(jobs, args.repeats)


def _build_and_compare(jobs: Mapping[str, Job], repeats: int) -> Comparison:
    builders = {name: job for name, job in jobs.items() if PRECISIONS[name].builds}
    with Progress(len(builders), 'methods', 'compile and export') as bar:
        absent = build_first(builders, bar.update)
    able = {name: job for name, job in jobs.items() if name not in absent}
    with Progress(bursts(repeats), 'rounds', 'measure') as bar:
        found = compare_side_by_side(able, repeats, bar.update)
    found.absent.update(absent)
    return found


def measure_shape(args: argparse.Namespace, methods: list[str]) -> Comparison:
    """Compare methods on random weights of a published network's shape.

    Raises:
        PolicyError: the shape is too large for this machine.
    """
    require_room(args.checkpoint, args.device)
    jobs = {
        name: ShapeJob(args.checkpoint, name, args.device, args.threads)
        for name in methods
        if name in _SHAPE_METHODS
    }
    with Progress(len(jobs) * bursts(args.repeats), 'rounds', 'measure') as bar:
        return compare_in_turn(jobs, args.repeats, bar.update)


def publish(args: argparse.Namespace, results: list[MethodResult], best: str) -> int:
    """Print the table, write what was asked for, and return the exit status."""
    text = '\n'.join(
        [
            f'{args.checkpoint} on {machine(args.device)}, {args.threads} CPU thread(s)',
            '',
            markdown_table(results),
            '',
            *remarks(results),
            f'\nfastest accepted method: {best}',
        ]
    )
    print(text)
    if args.markdown:
        args.markdown.parent.mkdir(parents=True, exist_ok=True)
        args.markdown.write_text(text + '\n')
    if args.json:
        content = {
            'checkpoint': args.checkpoint,
            'device': args.device,
            'machine': machine(args.device),
            'threads': args.threads,
            'fastest': best,
            'methods': [result.as_dict() for result in results],
        }
        write_json(args.json, content)
    refused = [row for row in results if row.method == args.require and not row.is_accepted]
    return NOT_GOOD_ENOUGH if refused else DONE


def machine(device: str) -> str:
    """Return the name of the processor that a device is."""
    if device.startswith('cuda'):
        import torch

        return str(torch.cuda.get_device_name(device))
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.partition(':')[2].strip()
    return platform.machine()


def _with_success(
    args: argparse.Namespace, measured: Mapping[str, Measurement]
) -> dict[str, Measurement]:
    with Progress(len(measured), 'methods', 'roll out') as bar:

        def rollout(method: str, latency_s: float) -> Success:
            success = closed_loop_success(
                {**named_parts(args), 'policy': args.checkpoint, 'backend': 'lerobot'},
                method,
                args.device,
                args.episodes,
                latency_s,
            )
            bar.update()
            return success

        return roll_out(measured, rollout)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'policy benchmark',
        'Latency, memory, action error and success of a policy in every precision and runtime.',
        'vla policy benchmark panda_lift_act --methods all --episodes 50',
    )
    parser.add_argument(
        'checkpoint',
        help=f'name under models/, folder, hub id, or one of {", ".join([*SHAPES, *FLOW_SHAPES])}',
    )
    parser.add_argument('--methods', default=_ALL, help=f'all, or some of {",".join(PRECISIONS)}')
    parser.add_argument('--device', default='cpu', help='torch device, e.g. cpu, cuda')
    parser.add_argument(
        '--threads',
        type=number_types.whole(1, 1024),
        default=1,
        help='CPU threads, as policy_server has',
    )
    parser.add_argument(
        '--repeats',
        type=number_types.whole(1, 1_000_000),
        default=200,
        help='timed chunks per method',
    )
    parser.add_argument('--frames', type=Path, help='LeRobotDataset; default: a few are recorded')
    parser.add_argument(
        '--episodes',
        type=number_types.whole(0, number_types.MOST_EPISODES),
        default=0,
        help='simulated episodes per method',
    )
    add_scene(parser, policy=False)
    defaults = Limits()
    parser.add_argument(
        '--min-speedup',
        type=number_types.real(0.0, 1000.0),
        default=defaults.speedup,
        help='times the speed of fp32',
    )
    parser.add_argument(
        '--max-error',
        type=number_types.real(0.0, 1.0),
        default=defaults.error_of_range,
        help="largest action error as a share of the joint's range",
    )
    parser.add_argument(
        '--max-success-drop',
        type=number_types.share,
        default=defaults.success_drop,
        help='share of episodes',
    )
    parser.add_argument('--require', default='', help='exit 1 unless this method is accepted')
    parser.add_argument('--json', type=file_to_write(), help='also write the result here')
    parser.add_argument('--markdown', type=file_to_write('.md'), help='also write the table here')
    args = parser.parse_args(argv)
    return run_command(lambda: benchmark(args))


if __name__ == '__main__':
    sys.exit(main())
