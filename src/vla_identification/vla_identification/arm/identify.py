"""Identify friction, inertia, gains and delays of an arm from recorded motion."""

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
import sys

import numpy as np
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.deployment_arguments import add_scene, deployment_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.cli.progress import Progress
from vla_contract.whole_file import require_free
from vla_identification.arm.arm_simulator import ArmSimulator
from vla_identification.arm.findings import (
    blind_directions,
    Finding,
    findings_of,
    IDENTIFIED,
    UNIDENTIFIABLE,
)
from vla_identification.arm.identified_world import write_randomization
from vla_identification.arm.motion_fit import fit_motion, MotionFit
from vla_identification.arm.page import write_identification_page
from vla_identification.arm.unknowns import unknowns_of
from vla_identification.gap.replay_gap import GapMeter, ReplayGap, split_for_validation
from vla_identification.motion_logs import load_logs
from vla_identification.motion_recording import MotionRecording

_DELAYS = (
    'control_latency is the sum of every delay between the stamps of commands and those of '
    'joint_states: motion cannot tell the delay of actions from that of observations'
)


@dataclass(frozen=True, eq=False)
class Identification:
    """What was found, and how much nearer the simulator came on motion it was not fitted to."""

    fit: MotionFit
    findings: list[Finding]
    blind: list[str]
    before: ReplayGap
    after: ReplayGap

    @property
    def improvement(self) -> float:
        """How many times smaller the joints' error became."""
        return self.before.joint_rms / self.after.joint_rms


def identification_of(
    simulator: ArmSimulator, recordings: list[MotionRecording], with_progress: bool = False
) -> Identification:
    """Fit the arm to all recordings but the last, or to two thirds of the only one; test on it."""
    cell = simulator.cell
    fitted, held_out = split_for_validation(recordings)
    with Progress(None, 'rollouts', is_shown=with_progress) as progress:
        fit = fit_motion(simulator, fitted, unknowns_of(cell), lambda: progress.update(1))
    findings = findings_of(fit, [cell.joints[i].name for i in cell.arm])
    meter = GapMeter(simulator)
    return Identification(
        fit,
        findings,
        blind_directions(fit, [finding.name for finding in findings]),
        before=meter.measure(held_out, {}),
        after=meter.measure(held_out, fit.values),
    )


def identify(args: argparse.Namespace) -> int:
    """Identify, and write what the arguments ask for; 1 when the simulator came no nearer."""
    for path in (args.output, args.report, args.json):
        require_free(path, args.force)
    deployment = deployment_of(args)
    cell = deployment.cell
    recordings = load_logs(args.log, cell)
    simulator = ArmSimulator(deployment)
    found = identification_of(simulator, recordings, with_progress=True)
    joints = tuple(cell.joints[i].name for i in cell.arm)
    logs = ', '.join(str(path) for path in args.log)
    notes = [f'identified from {logs}', _delivery(recordings), _DELAYS]
    write_randomization(
        args.output, found.findings, found.fit.unknowns,
        f'{cell.robot.name} in {deployment.name}, {notes[0]}.\nEach range is the estimate and two '
        'standard deviations to either side.',
    )  # fmt: skip
    if args.report:
        write_identification_page(
            args.report, f'Identification of {cell.robot.name}', notes, found.findings,
            found.blind, found.before, found.after, joints,
        )  # fmt: skip
    if args.json:
        write_json(args.json, {
            'robot': cell.robot.name,
            'cell': cell.name,
            'cell_sha256': cell.sha256,
            'deployment': deployment.name,
            'deployment_sha256': deployment.sha256,
            'task': deployment.task.name,
            'findings': [asdict(finding) for finding in found.findings],
            'not_shown': found.blind,
            'held_out': {
                'before': found.before.summary(joints),
                'after': found.after.summary(joints),
                'improvement': found.improvement,
            },
        })  # fmt: skip
    _print(found)
    print(f'randomisation: {args.output}')
    return DONE if found.improvement > 1.0 else NOT_GOOD_ENOUGH


def _delivery(recordings: list[MotionRecording]) -> str:
    delays = np.concatenate([recording.measured_delivery_s for recording in recordings])
    if not len(delays):
        return 'the recordings do not say how late joint_states arrived'
    return f'joint_states arrived {1000 * np.median(delays):.1f} ms after their stamps (median)'


def _print(found: Identification) -> None:
    for finding in found.findings:
        print(
            f'{finding.name:<40}{finding.value:>11.4g} +- {finding.half_width:<9.2g}'
            f'{finding.unit:<5}{finding.verdict}'
        )
    for text in found.blind:
        print(f'not shown by this motion: {text}')
    counts = {
        verdict: sum(finding.verdict == verdict for finding in found.findings)
        for verdict in (IDENTIFIED, UNIDENTIFIABLE)
    }
    print(
        f'{counts[IDENTIFIED]} of {len(found.findings)} numbers identified, '
        f'{counts[UNIDENTIFIABLE]} not identifiable; held-out replay: joints '
        f'{1000 * found.before.joint_rms:.2f} -> {1000 * found.after.joint_rms:.2f} mrad, tool '
        f'{found.before.tool_rms_mm:.2f} -> {found.after.tool_rms_mm:.2f} mm '
        f'({found.improvement:.1f} times less)'
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm identify',
        'Identify friction, damping, armature, gain, delay, backlash and encoder zero of an arm '
        'from recorded motion, and write them as a randomisation of the simulator. Of several '
        'recordings the last is held out for the test, of one its last third. Status 1 when the '
        'simulator came no nearer to it.',
        'vla arm identify --log runs/excitation.npz --output '
        'identified.yaml '
        '--report identified.html',
    )
    parser.add_argument('--log', type=Path, nargs='+', required=True,
                        help='.npz of vla arm excite or extract-motion, or .csv')  # fmt: skip
    add_scene(parser)
    parser.add_argument(
        '--output',
        type=file_to_write('.yaml', '.yml'),
        required=True,
        help='randomisation YAML to write',
    )
    parser.add_argument('--report', type=file_to_write('.html'), help='write an HTML page here')
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    parser.add_argument('--force', action='store_true', help='replace what is there')
    args = parser.parse_args(argv)
    return run_command(lambda: identify(args))


if __name__ == '__main__':
    sys.exit(main())
