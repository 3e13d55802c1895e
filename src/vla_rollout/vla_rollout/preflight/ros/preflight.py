"""Go through the checklist before a deployment."""

import argparse
from collections.abc import Iterator
from datetime import datetime, UTC
from pathlib import Path
import sys
import time

import rclpy
from vla_contract.check import Check, measured, skipped
from vla_contract.cli.command import command_parser, DONE, NOT_GOOD_ENOUGH, run_command
from vla_contract.cli.deployment_arguments import deployment_of
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_contract.plugins import plugins
from vla_contract.ros.node.graph_arguments import parse_in_graph
from vla_identification.joints.joint_check import check_joints
from vla_identification.joints.ros.excite_joints import record_sway
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.self_test.subject import subject_of
from vla_rollout.arguments import add_setup
from vla_rollout.doctor.machine import check_disk
from vla_rollout.episodes.provenance import provenance
from vla_rollout.episodes.run_folder import make_run_folder
from vla_rollout.preflight.calibration_items import check_calibrations
from vla_rollout.preflight.cell_items import check_action_bounds, check_workspace, weight_bytes
from vla_rollout.preflight.machine_items import check_gpu
from vla_rollout.preflight.page import all_hold, write_checklist
from vla_rollout.preflight.policy_items import check_latency, check_policy
from vla_rollout.preflight.questions import check_questions, Operator
from vla_rollout.preflight.ros.e_stop import check_e_stop
from vla_rollout.preflight.ros.graph import PreflightGraph


def findings(args: argparse.Namespace, deployment: Deployment) -> Iterator[Check]:
    """Yield every item, those without motion first."""
    cell = deployment.cell
    yield check_workspace(cell)
    yield from check_calibrations(cell)
    yield check_disk(args.runs)
    for check in plugins('vla_preflight_items', 'checklist item'):
        yield from check(cell)
    yield from _policy_findings(args, deployment)
    yield from check_questions(Operator(args.operator, input))
    if args.without_robot:
        yield skipped('robot', 'left out (--without-robot)', 'checked', 'run it beside the robot')
        return
    rclpy.init(args=args.ros_arguments)
    try:
        yield from _graph_findings(args, cell)
    finally:
        rclpy.try_shutdown()


def _policy_findings(args: argparse.Namespace, deployment: Deployment) -> Iterator[Check]:
    policy = make_policy(deployment, args.device)
    subject = subject_of(deployment, policy, args.frames)
    yield from check_policy(subject)
    yield check_action_bounds(subject)
    yield check_latency(subject, time.perf_counter_ns)
    yield from check_gpu(args.device, weight_bytes(policy))


def _graph_findings(args: argparse.Namespace, cell: Cell) -> Iterator[Check]:
    graph = PreflightGraph(cell)
    try:
        graph.listen()
        yield from graph.check_rates()
        yield from graph.check_clocks()
        yield from graph.check_cameras()
        yield from graph.check_controllers()
        if not (args.yes or _may_move()):
            for item in ('joint order', 'emergency stop of the filter'):
                yield skipped(item, 'the arm may not move', 'tested', 'run it again and say yes')
            return
        yield check_joint_order(cell)
        yield check_e_stop(graph, lambda line: print(line, flush=True), args.e_stop_from_here)
    finally:
        graph.destroy_node()


def check_joint_order(cell: Cell) -> Check:
    """Sway each joint and say whether the right one moved the right way."""
    item, allowed = 'joint order', 'each joint moves when told, by as much, the same way'
    try:
        problems = check_joints(record_sway(cell)).problems
    except VlaError as error:
        return skipped(
            item, str(error), allowed, 'let the filter move the arm: call supervisor/check'
        )
    fix = 'compare joint names and signs of robot, driver and controller'
    return measured(item, not problems, '; '.join(problems) or 'all as told', allowed, fix)


def _may_move() -> bool:
    print('each joint of the arm will sway by 0.05 rad, and the arm is stopped once in motion')
    return input('is the space around it free? [y/N] ').strip().lower() in ('y', 'yes')


def preflight(args: argparse.Namespace) -> int:
    """Go through everything, print each item as it comes, write JSON and page."""
    deployment = deployment_of(args)
    folder = make_run_folder('preflight', args.runs)
    found = []
    for finding in findings(args, deployment):
        print(finding.line, flush=True)
        found.append(finding)
    date = datetime.now(UTC).isoformat(timespec='seconds')
    facts = provenance(deployment, args.randomization)
    facts |= {'operator': args.operator, 'date': date}
    write_checklist(folder, found, facts, args.json)
    passed = all_hold(found)
    print(f'{"passed" if passed else "NOT passed"}: {folder}/preflight.html')
    return DONE if passed else NOT_GOOD_ENOUGH


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'rollout preflight',
        'The checklist before a deployment: measured where software can, asked where it cannot. '
        'Robot, cameras and action filter run; the policy server does not. It asks before '
        'anything moves. Status 0 only when every item holds.',
        'vla rollout preflight --deployment my_deployment --operator "A. Smith"',
    )
    add_setup(parser)
    parser.add_argument('--operator', default='', help='your name, under what only you can answer')
    parser.add_argument('--frames', type=Path, help='dataset of this robot, for real frames')
    parser.add_argument('--without-robot', action='store_true', help='what needs no robot')
    parser.add_argument('--yes', action='store_true', help='move without asking')
    parser.add_argument(
        '--e-stop-from-here',
        action='store_true',
        help='nobody has a device that publishes e_stop: preflight presses itself, and says so',
    )
    parser.add_argument('--runs', type=Path, default=Path('runs'), help='folder of the runs')
    parser.add_argument('--json', type=Path, help='also write the result here')
    args = parse_in_graph(parser, argv)
    return run_command(lambda: preflight(args))


if __name__ == '__main__':
    sys.exit(main())
