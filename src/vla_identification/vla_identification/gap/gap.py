"""Measure the sim-to-real error of joint motion, before and after identification."""

import argparse
from io import BytesIO
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command, write_json
from vla_contract.cli.deployment_arguments import add_scene, deployment_of
from vla_contract.cli.path_types import file_to_write
from vla_contract.whole_file import require_free, write_whole
from vla_identification.arm.arm_simulator import ArmSimulator
from vla_identification.gap.replay_gap import GapMeter, settled
from vla_identification.motion_logs import load_logs
from vla_sim_bridge.randomization.randomization import load_randomization


def measure_gap(args: argparse.Namespace) -> int:
    """Replay the recording twice and write what the arguments ask for; 1 when after is worse."""
    for path in (args.plot, args.json):
        require_free(path, args.force)
    deployment = deployment_of(args)
    cell = deployment.cell
    (recording,) = load_logs([args.log], cell)
    configs = [load_randomization(name) for name in (args.before, args.after)]
    simulator = ArmSimulator(deployment)
    meter = GapMeter(simulator)
    before, after = (
        meter.measure(settled(recording), simulator.middle(config)) for config in configs
    )
    joints = tuple(cell.joints[i].name for i in cell.arm)
    if args.plot:
        from vla_identification.gap.figure import gap_figure

        picture = BytesIO()
        kind = args.plot.suffix.lower().removeprefix('.')
        gap_figure(before, after, joints).savefig(picture, format=kind, dpi=110)
        write_whole(args.plot, picture.getvalue())
    if args.json:
        write_json(args.json, {
            'robot': cell.robot.name,
            'cell': cell.name,
            'cell_sha256': cell.sha256,
            'deployment': deployment.name,
            'deployment_sha256': deployment.sha256,
            'task': deployment.task.name,
            'log': str(args.log),
            'before': {'randomization': args.before, **before.summary(joints)},
            'after': {'randomization': args.after, **after.summary(joints)},
        })  # fmt: skip
    for name, gap in ((args.before, before), (args.after, after)):
        print(
            f'{name}: joints {1000 * gap.joint_rms:.2f} mrad rms, tool {gap.tool_rms_mm:.2f} mm '
            f'rms, {gap.tool_mm.max():.2f} mm at most'
        )
    return DONE if after.joint_rms <= before.joint_rms else NOT_GOOD_ENOUGH


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'arm gap',
        'Send the commands of a recording to the simulator, and compare the motion: errors of '
        'joints and tool over time, with the physics of two randomisations (the middle of their '
        'ranges). Status 1 when the second is worse.',
        'vla arm gap --log runs/excitation.npz --after identified.yaml --plot gap.png',
    )
    parser.add_argument('--log', type=Path, required=True, help='.npz or .csv of recorded motion')
    add_scene(parser)
    parser.add_argument('--before', default='none', help='a randomisation, default: none')
    parser.add_argument('--after', required=True, help='another one, as identify writes it')
    parser.add_argument(
        '--plot', type=file_to_write('.png', '.svg', '.pdf'), help='write a picture here, .png'
    )
    parser.add_argument('--json', type=file_to_write(), help='write the figures here')
    parser.add_argument('--force', action='store_true', help='replace what is there')
    args = parser.parse_args(argv)
    return run_command(lambda: measure_gap(args))


if __name__ == '__main__':
    sys.exit(main())
