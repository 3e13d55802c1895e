"""Check from a recording that each joint moved as commanded, and with which delay."""

import argparse
from dataclasses import asdict
from pathlib import Path
import sys
from typing import Any

from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.path_types import file_to_write
from vla_identification.joints.joint_check import check_joints, JointCheck
from vla_identification.joints.latency import Delay
from vla_identification.joints.motion_latency import Latencies, measure_latencies
from vla_identification.motion_recording import load_recording, MotionRecording


def report(recording: MotionRecording, json_path: Path | None = None) -> int:
    """Check a recording, print what was found; 1 when a joint did what it should not."""
    check = check_joints(recording)
    latencies = measure_latencies(recording, check)
    print('\n'.join([*_joint_lines(check), '', *_latency_lines(latencies)]))
    if json_path:
        write_json(json_path, summary(recording, check, latencies))
    return NOT_GOOD_ENOUGH if check.problems or not check.findings else DONE


def summary(recording: MotionRecording, check: JointCheck, latencies: Latencies) -> dict[str, Any]:
    """Return everything that was measured, as JSON values."""
    return {
        'joints': [
            {
                'joint': finding.joint,
                'moved': finding.moved,
                'gain': finding.gain,
                'offset': finding.offset,
                'delay': _plain(finding.delay),
                'problem': finding.problem,
            }
            for finding in check.findings
        ],
        'untested': list(check.untested),
        'problems': list(check.problems),
        'names': list(recording.names),
        'correlation': check.correlation.tolist(),
        'filter_delay': _plain(latencies.filter),
        'robot_delay': _plain(latencies.robot),
        'image_delay': _plain(latencies.image),
        'image_joint': latencies.image_joint,
        'image_delivery_s': latencies.image_delivery_s,
        'joint_states_delivery_s': latencies.measured_delivery_s,
        'command_to_arrived_image_s': latencies.command_to_arrived_image_s,
    }


def _joint_lines(check: JointCheck) -> list[str]:
    lines = [f'{"told to move":<32}{"moved":<32}{"gain":>7}{"offset":>9}{"delay [ms]":>14}']
    for finding in check.findings:
        delay = finding.delay
        text = f'{1000 * delay.seconds:.1f} +- {1000 * delay.sigma_s:.1f}' if delay else '-'
        moved = finding.moved or 'none'
        lines.append(
            f'{finding.joint:<32}{moved:<32}{finding.gain:>7.3f}{finding.offset:>9.4f}{text:>14}'
        )
    lines += [f'problem: {problem}' for problem in check.problems]
    if check.untested:
        lines.append(f'not told to move: {", ".join(check.untested)}')
    return lines


def _latency_lines(latencies: Latencies) -> list[str]:
    by = f' (best seen: {latencies.image_joint})' if latencies.image_joint else ''
    return [
        _delay_line('plan to command (filter)', latencies.filter),
        _delay_line('command to joint_states (robot)', latencies.robot),
        _delay_line('joint_states to image, by stamps', latencies.image) + by,
        _time_line('image: stamp to arrival', latencies.image_delivery_s),
        _time_line('joint_states: stamp to arrival', latencies.measured_delivery_s),
        _time_line('command to arrived image', latencies.command_to_arrived_image_s),
    ]


def _delay_line(what: str, delay: Delay | None) -> str:
    if delay is None:
        return f'{what:<36}not measured'
    value = f'{1000 * delay.seconds:7.1f} +- {1000 * delay.sigma_s:.1f} ms'
    return f'{what:<36}{value}, correlation {delay.correlation:.3f}'


def _time_line(what: str, seconds: float | None) -> str:
    return f'{what:<36}' + ('not measured' if seconds is None else f'{1000 * seconds:7.1f} ms')


def _plain(delay: Delay | None) -> dict[str, Any] | None:
    return None if delay is None else asdict(delay)


def run(args: argparse.Namespace) -> int:
    """Check the recording of the arguments."""
    return report(load_recording(args.recording), args.json)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm check-joints',
        'Check a recording of a small motion: which joint moved when told, which way round, how '
        'far, and with which delays. Status 1 when a joint did what it should not.\n'
        'Record one on a running robot or simulator: vla arm excite',
        'vla arm check-joints runs/excitation.npz --json joints.json',
    )
    parser.add_argument('recording', type=Path, help='.npz of vla arm excite, or .csv')
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    args = parser.parse_args(argv)
    return run_command(lambda: run(args))


if __name__ == '__main__':
    sys.exit(main())
