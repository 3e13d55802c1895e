"""Run a recorded or synthetic stream through the action filter and score the result."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
import sys

from vla_action_filter.config import load_filter_config
from vla_action_filter.replay.replay import replay
from vla_action_filter.replay.ros.recording import read_recording
from vla_action_filter.replay.score import score
from vla_action_filter.replay.synthetic_stream import synthetic_stream
from vla_contract.cli.command import command_parser, run_command, write_json
from vla_contract.cli.deployment_arguments import add_cell, cell_of

# nav2's bag test of its collision monitor, and what the chunk deadline adds to it.
_LARGEST_FALSE_STOP_PERCENT, _SMALLEST_HOLD_PERCENT = 5.0, 90.0


def run(args: argparse.Namespace) -> int:
    """Replay, score, write; 1 when the filter stopped falsely or did not hold."""
    named = {'deployment': args.deployment, 'cell': args.cell}
    config = replace(load_filter_config(args.config), **named)
    cell = cell_of(args)
    is_synthetic = args.recording == 'synthetic'
    events = synthetic_stream(cell) if is_synthetic else read_recording(Path(args.recording), cell)
    trace = replay(cell, config, events, progress=True)
    figures = score(trace, cell)
    figures['recording'] = args.recording
    figures['settings'] = asdict(config)
    figures |= {'robot': cell.robot.name, 'cell': cell.name, 'cell_sha256': cell.sha256}
    print('\n'.join(_lines(figures)))
    if args.json:
        write_json(args.json, figures)
    if args.plot:
        from vla_action_filter.replay.plot import plot_replay

        plot_replay(trace, cell, args.plot)
        print(f'plot: {args.plot}')
    return 0 if _is_good(figures) else 1


def _is_good(figures: dict) -> bool:
    held = [fault['hold_percent'] for fault in figures['faults']]
    return figures['false_stop_percent'] <= _LARGEST_FALSE_STOP_PERCENT and all(
        percent is not None and percent >= _SMALLEST_HOLD_PERCENT for percent in held
    )


def _lines(figures: dict) -> list[str]:
    lines = []
    if figures['faults']:
        lines.append('fault              stop [s]   hold [%]   resume [s]')
    for fault in figures['faults']:
        cells = (fault['time_to_stop_s'], fault['hold_percent'], fault['time_to_resume_s'])
        stop, hold, resume = ('never' if cell is None else f'{cell:.2f}' for cell in cells)
        lines.append(f'{fault["cause"]:<16}{stop:>11}{hold:>11}{resume:>13}')
    for name in (
        'false_stop_percent', 'clamp_percent', 'chunks', 'intra_chunk_acceleration',
        'seam_acceleration', 'boundary_jump', 'boundary_velocity_cosine', 'added_lag_ms',
    ):  # fmt: skip
        value = figures[name]
        text = 'unavailable' if value is None else f'{value:.4g}'
        lines.append(f'{name:<28}{text:>10}')
    return lines


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'filter replay',
        'Run a recorded or synthetic stream through the filter and score it. Status 1 when it '
        'stopped falsely in more than 5 % of the cycles, or held less than 90 % of a fault.',
        'vla filter replay synthetic --plot replay.png',
    )
    parser.add_argument('recording', help='MCAP file, rosbag2 folder, or: synthetic')
    add_cell(parser)
    parser.add_argument('--config', type=Path, help='YAML of the node action_filter')
    parser.add_argument('--json', type=Path, help='write the figures here')
    parser.add_argument('--plot', type=Path, help='write a PNG here')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
