"""Every item of the checklist, in order, and what was found so far."""

import argparse
from collections.abc import Iterator
import time

from vla_contract.check import Check, measured, skipped
from vla_contract.deployment.cell import Cell
from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError
from vla_contract.plugins import plugins
from vla_identification.joints.joint_check import check_joints
from vla_identification.joints.ros.excite_joints import record_sway
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.identity.loading import load_identified
from vla_policy_server.identity.policy_identity import PolicyIdentity
from vla_policy_server.self_test.subject import subject_of
from vla_rollout.doctor.machine import check_disk
from vla_rollout.preflight.calibration_items import check_calibrations
from vla_rollout.preflight.cell_items import check_action_bounds, check_workspace, weight_bytes
from vla_rollout.preflight.machine_items import check_gpu
from vla_rollout.preflight.policy_items import check_identity, check_latency, check_policy
from vla_rollout.preflight.questions import check_questions, Operator
from vla_rollout.preflight.ros.e_stop import check_e_stop
from vla_rollout.preflight.ros.graph import PreflightGraph


class Checklist:
    """Goes through the items; what was found stays when something ends it.

    Attributes:
        deployment: what is to run.
        found: the findings so far.
    """

    def __init__(self, args: argparse.Namespace, deployment: Deployment) -> None:
        """Prepare for the arguments of the command."""
        self._args = args
        self.deployment = deployment
        self.found: list[Check] = []
        self._identity: PolicyIdentity | None = None

    @property
    def identity(self) -> PolicyIdentity:
        """What the policy is: as loaded, or as it lies there when it was not loaded yet."""
        return self._identity or identity_of(self.deployment)

    def findings(self) -> Iterator[Check]:
        """Yield every item, those without motion first, and keep it.

        Raises:
            VlaError: the policy cannot be loaded, or the like.
            EOFError: there is nobody to answer a question.
        """
        for finding in self._items():
            self.found.append(finding)
            yield finding

    def end_early(self, why: str) -> Check:
        """Keep, as an item that does not hold, why the rest was not looked at."""
        finding = measured('the whole checklist', False, why, 'gone through', 'run it again')
        self.found.append(finding)
        return finding

    def _items(self) -> Iterator[Check]:
        args, cell = self._args, self.deployment.cell
        yield check_workspace(cell)
        yield from check_calibrations(cell)
        yield check_disk(args.runs)
        for check in plugins('vla_preflight_items', 'checklist item'):
            yield from check(cell)
        yield from self._policy_items()
        yield from check_questions(Operator(args.operator, input))
        if args.without_robot:
            why, fix = 'left out (--without-robot)', 'run it beside the robot'
            yield skipped('robot', why, 'checked', fix)
        else:
            yield from self._graph_items(cell)

    def _policy_items(self) -> Iterator[Check]:
        args = self._args
        policy, self._identity = load_identified(self.deployment, args.device)
        yield check_identity(self._identity)
        subject = subject_of(self.deployment, policy, args.frames)
        yield from check_policy(subject)
        yield check_action_bounds(subject)
        yield check_latency(subject, time.perf_counter_ns)
        yield from check_gpu(args.device, weight_bytes(policy))

    def _graph_items(self, cell: Cell) -> Iterator[Check]:
        graph = PreflightGraph(cell)
        try:
            graph.listen()
            yield from graph.check_rates()
            yield from graph.check_clocks()
            yield from graph.check_cameras()
            yield from graph.check_controllers()
            if not (self._args.yes or _may_move()):
                for item in ('joint order', 'emergency stop of the filter'):
                    yield skipped(item, 'the arm may not move', 'tested', 'run it and say yes')
                return
            yield check_joint_order(cell)
            from_here = self._args.e_stop_from_here
            yield check_e_stop(graph, lambda line: print(line, flush=True), from_here)
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
