"""Run a recorded or synthetic stream through the action filter and score the result."""

import argparse
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
import sys
from typing import Any

from vla_action_filter.config import FilterConfig, load_filter_config
from vla_action_filter.replay.recording import read_recording, RecordedStream
from vla_action_filter.replay.replay import replay
from vla_action_filter.replay.score import score
from vla_action_filter.replay.synthetic_stream import synthetic_stream
from vla_contract.cli.command import (
    command_parser,
    DONE,
    NOT_GOOD_ENOUGH,
    run_command,
    write_json,
)
from vla_contract.cli.deployment_arguments import add_cell, cell_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.terminal import print_error
from vla_contract.deployment.cell import Cell
from vla_contract.recordings.arguments import add_namespace

# nav2's bag test of its collision monitor, and what the chunk deadline adds to it.
_LARGEST_FALSE_STOP_PERCENT, _SMALLEST_HOLD_PERCENT = 5.0, 90.0
# Figures of a replay that ran without most of its input say nothing about the filter.
_LARGEST_REFUSED_SHARE = 0.5


def run(args: argparse.Namespace) -> int:
    """Replay, score, write; 1 when the filter stopped falsely or did not hold."""
    named = {'deployment': args.deployment, 'cell': args.cell}
    config = replace(load_filter_config(args.config), **named)
    cell = cell_of(args)
    stream = _stream(args, cell, config)
    trace = replay(cell, config, stream.events, progress=True)
    figures = score(trace, cell)
    figures |= {'recording': args.recording, 'input': config.input, 'damages': stream.damages}
    unread = stream.refused[config.input]
    refused = trace.refused + Counter({'not of this robot': unread})
    figures |= {'refused': dict(refused), 'offered': len(trace.offers) + unread}
    figures['settings'] = asdict(config)
    figures |= {'robot': cell.robot.name, 'cell': cell.name, 'cell_sha256': cell.sha256}
    print('\n'.join(_lines(figures)))
    if args.json:
        write_json(args.json, figures)
    if args.plot:
        from vla_action_filter.replay.plot import plot_replay

        plot_replay(trace, cell, args.plot)
        print(f'plot: {args.plot}')
    if is_refused(figures):
        print_error(_refusal(figures))
        return NOT_GOOD_ENOUGH
    return DONE if _is_good(figures) else NOT_GOOD_ENOUGH


def is_refused(figures: dict[str, Any]) -> bool:
    """Return whether the filter took less than half of what it was offered."""
    refused = sum(figures['refused'].values())
    return bool(refused > _LARGEST_REFUSED_SHARE * figures['offered'])


def _refusal(figures: dict[str, Any]) -> str:
    refused = figures['refused']
    usual = max(refused, key=refused.get)
    return (
        f'{sum(refused.values())} of {figures["offered"]} messages of {figures["input"]} were '
        f'refused ({refused[usual]} times: {usual}); the figures are those of the others'
    )


def _stream(args: argparse.Namespace, cell: Cell, config: FilterConfig) -> RecordedStream:
    if args.recording == 'synthetic':
        return RecordedStream(synthetic_stream(cell), Counter(), [])
    return read_recording(Path(args.recording), cell, config, args.namespace)


def _is_good(figures: dict[str, Any]) -> bool:
    held = [fault['hold_percent'] for fault in figures['faults']]
    return figures['false_stop_percent'] <= _LARGEST_FALSE_STOP_PERCENT and all(
        percent is not None and percent >= _SMALLEST_HOLD_PERCENT for percent in held
    )


def _lines(figures: dict[str, Any]) -> list[str]:
    refused = sum(figures['refused'].values())
    lines = [f'refused of {figures["input"]:<17}{refused:>7}/{figures["offered"]}']
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
        'stopped falsely in more than 5 % of the cycles, held less than 90 % of a fault, or '
        'refused more than half of its input.',
        'vla filter replay synthetic --plot replay.png',
    )
    parser.add_argument('recording', help='MCAP file, rosbag2 folder, or: synthetic')
    add_cell(parser)
    add_namespace(parser)
    parser.add_argument('--config', type=Path, help='YAML of the node action_filter')
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    parser.add_argument(
        '--plot', type=file_to_write('.png', '.svg', '.pdf'), help='write a PNG here'
    )
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
