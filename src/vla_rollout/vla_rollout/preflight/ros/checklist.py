"""Every item of the checklist, in order."""

import argparse
from collections.abc import Iterator
from functools import partial
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
from vla_rollout.diagnosis.healthy import find_healthy
from vla_rollout.diagnosis.training import find_training
from vla_rollout.doctor.machine import check_disk
from vla_rollout.preflight.calibration_items import check_calibrations
from vla_rollout.preflight.cell_items import check_action_bounds, check_workspace, weight_bytes
from vla_rollout.preflight.image_items import check_images
from vla_rollout.preflight.machine_items import check_gpu
from vla_rollout.preflight.policy_items import (
    check_diagnosis,
    check_identity,
    check_latency,
    check_policy,
)
from vla_rollout.preflight.progress import Group
from vla_rollout.preflight.questions import check_question, Operator, QUESTIONS
from vla_rollout.preflight.ros.e_stop import check_e_stop
from vla_rollout.preflight.ros.graph import PreflightGraph


class Checklist:
    """The groups of items for the arguments of the command, what needs no motion first.

    Attributes:
        deployment: what is to run.
    """

    def __init__(self, args: argparse.Namespace, deployment: Deployment) -> None:
        """Prepare; nothing is looked at."""
        self._args = args
        self.deployment = deployment
        self._identity: PolicyIdentity | None = None
        self._listening: PreflightGraph | None = None
        self._may_move: bool | None = None

    @property
    def identity(self) -> PolicyIdentity:
        """What the policy is: as loaded, or as it lies there when it was not loaded yet."""
        return self._identity or identity_of(self.deployment)

    def identify(self) -> PolicyIdentity:
        """Return what the policy is; one that only its server knows is loaded for that.

        Raises:
            VlaError: it cannot be loaded.
        """
        if not self.identity.sha256:
            _, self._identity = load_identified(self.deployment, self._args.device)
        return self.identity

    def groups(self) -> list[Group]:
        """Return all groups, in order."""
        args, cell = self._args, self.deployment.cell
        operator = Operator(args.operator, input)
        desk = [
            Group('cell', lambda: [check_workspace(cell)]),
            Group('calibrations', lambda: check_calibrations(cell)),
            Group('machine', lambda: [check_disk(args.runs)]),
            Group('items of packages', self._items_of_packages),
            Group('policy', self._policy_items),
            *(Group(question, partial(_asked, question, operator)) for question in QUESTIONS),
        ]
        if args.without_robot:
            why, fix = 'left out (--without-robot)', 'run it beside the robot'
            return [*desk, Group('robot', lambda: [skipped('robot', why, 'checked', fix)])]
        return [
            *desk,
            Group('topics', self._topic_items),
            Group('images', self._image_items),
            Group('cameras in place', lambda: self._graph().check_cameras()),
            Group('controllers', lambda: self._graph().check_controllers()),
            Group('joint order', self._joint_order),
            Group('emergency stop of the filter', self._e_stop),
        ]

    def close(self) -> None:
        """Listen to the robot no more."""
        if self._listening is not None:
            self._listening.destroy_node()

    def _items_of_packages(self) -> Iterator[Check]:
        for check in plugins('vla_preflight_items', 'checklist item'):
            yield from check(self.deployment.cell)

    def _policy_items(self) -> Iterator[Check]:
        args = self._args
        policy, self._identity = load_identified(self.deployment, args.device)
        yield check_identity(self._identity)
        subject = subject_of(self.deployment, policy, args.frames)
        yield from check_policy(subject)
        yield check_action_bounds(subject)
        yield check_latency(subject, time.perf_counter_ns)
        yield check_diagnosis(self.deployment, self._identity)
        yield from check_gpu(args.device, weight_bytes(policy))

    def _graph(self) -> PreflightGraph:
        """Return the node that listens to the robot, and has done so for a while."""
        if self._listening is None:
            self._listening = PreflightGraph(self.deployment.cell)
            self._listening.listen()
        return self._listening

    def _topic_items(self) -> Iterator[Check]:
        yield from self._graph().check_rates()
        yield from self._graph().check_clocks()

    def _image_items(self) -> Iterator[Check]:
        deployment, identity = self.deployment, self.identity
        healthy = find_healthy(deployment, identity)
        training = find_training(deployment, identity)
        yield from check_images(deployment, healthy, training, self._graph().images_by_camera())

    def _joint_order(self) -> Iterator[Check]:
        self._graph()
        item = 'joint order'
        yield check_joint_order(self.deployment.cell) if self._moves() else _not_moved(item)

    def _e_stop(self) -> Iterator[Check]:
        graph, from_here = self._graph(), self._args.e_stop_from_here
        if self._moves():
            yield check_e_stop(graph, lambda line: print(line, flush=True), from_here)
        else:
            yield _not_moved('emergency stop of the filter')

    def _moves(self) -> bool:
        """Ask once whether the arm may move."""
        if self._may_move is None:
            self._may_move = self._args.yes or _may_move()
        return self._may_move


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


def _asked(question: str, operator: Operator) -> list[Check]:
    return [check_question(question, operator)]


def _not_moved(item: str) -> Check:
    return skipped(item, 'the arm may not move', 'tested', 'run it and say yes')


def _may_move() -> bool:
    print('each joint of the arm will sway by 0.05 rad, and the arm is stopped once in motion')
    return input('is the space around it free? [y/N] ').strip().lower() in ('y', 'yes')
