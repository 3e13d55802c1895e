from dataclasses import replace
import json

import numpy as np
import pytest
from vla_contract.check import measured, skipped, Status
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.workspace import Workspace
from vla_contract.values import ActionChunk
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.self_test.golden_frames import GoldenFrames
from vla_policy_server.self_test.subject import Subject
from vla_rollout.doctor.machine import check_disk
from vla_rollout.preflight.calibration_items import check_calibrations
from vla_rollout.preflight.cell_items import check_action_bounds, check_workspace
from vla_rollout.preflight.machine_items import check_gpu
from vla_rollout.preflight.page import all_hold, write_checklist
from vla_rollout.preflight.policy_items import check_diagnosis, check_latency, check_policy
from vla_rollout.preflight.questions import check_question, Operator, QUESTIONS

DEPLOYMENT = load_deployment('panda_lift_cube')
CELL = DEPLOYMENT.cell


class Steady:
    """A policy that always asks for the same posture."""

    needs_images, needs_extras = False, ()

    def __init__(self, position):
        self.position = position

    def infer(self, observation):
        return ActionChunk(0, 100_000_000, np.tile(self.position, (16, 1)))

    def reset(self):
        pass


def subject(position, golden=True):
    frame = Subject(DEPLOYMENT, Steady(position)).observation
    frames = GoldenFrames(10.0, (frame,), np.tile(position, (1, 16, 1))) if golden else None
    return Subject(DEPLOYMENT, Steady(position), frames)


def test_a_question_that_does_not_arise_is_neither_good_nor_a_remark():
    found = {check.name: check for check in check_policy(subject(CELL.home))}
    instruction, images = found['policy: instruction'], found['policy: images']
    assert (instruction.status, instruction.fix) == (Status.UNKNOWN, '')
    assert instruction.line.startswith('? policy: instruction')
    assert instruction.is_good_enough
    assert instruction.line.endswith('the policy takes no instruction (must be: passes)')
    assert images.status is Status.FAIL
    assert 'known failure' in images.fix


def test_a_policy_of_which_nothing_was_learned_is_unknown_with_the_command_that_learns():
    found = check_diagnosis(DEPLOYMENT, identity_of(DEPLOYMENT))
    assert (found.status, found.found) == (Status.OK, 'learned from 436 episodes')
    other = load_deployment(overrides={'cell.workspace.speed': 0.5})
    remark = check_diagnosis(other, identity_of(other))
    assert remark.status is Status.UNKNOWN
    assert 'not learned: learn with: vla rollout learn-thresholds ' in remark.line


def test_a_policy_that_reads_what_only_a_simulation_knows_is_not_released():
    privileged = subject(CELL.home)
    privileged.policy.needs_extras = ('cube_pose',)
    [check] = check_policy(privileged)
    assert (check.name, check.status) == ('policy: privileged', Status.FAIL)
    assert 'reads cube_pose, which only a simulation knows' in check.found
    assert check_latency(privileged, lambda: 0).status is Status.SKIP


def test_a_workspace_needs_walls_points_and_pairs():
    assert check_workspace(CELL).status is Status.OK
    without = replace(CELL, workspace=replace(CELL.workspace, boxes=(), planes=()))
    assert check_workspace(without).status is Status.FAIL
    assert isinstance(CELL.workspace, Workspace)


def test_an_action_outside_the_limits_is_named():
    assert check_action_bounds(subject(CELL.home)).status is Status.OK
    far = CELL.home
    far[3] = 0.5
    finding = check_action_bounds(subject(far))
    assert finding.status is Status.FAIL
    assert 'panda_joint4 0.570 outside' in finding.found
    assert check_action_bounds(subject(CELL.home, golden=False)).status is Status.SKIP


def test_a_gripper_may_be_asked_a_little_beyond_its_ends():
    gripper = CELL.joints[CELL.grippers[0]]
    for share, status in ((0.03, Status.OK), (0.1, Status.FAIL)):
        position = CELL.home
        position[CELL.grippers[0]] = gripper.upper + share * (gripper.upper - gripper.lower)
        assert check_action_bounds(subject(position)).status is status


def test_latency_is_the_95th_percentile_without_the_warm_up():
    times = iter(np.cumsum([0, 9e9, 9e9, 50e6] + [0, 50e6] * 19).astype(int).tolist())
    finding = check_latency(subject(CELL.home), lambda: next(times))
    assert finding.status is Status.OK
    assert finding.found.startswith('50 ms')
    slow = iter(np.cumsum([0, 1, 1, 250e6] + [0, 250e6] * 19).astype(int).tolist())
    assert check_latency(subject(CELL.home), lambda: next(slow)).status is Status.FAIL


def test_what_is_not_calibrated_is_open_not_good():
    bare = replace(CELL, name='no_such_cell')
    assert {f.status for f in check_calibrations(bare)} == {Status.SKIP}
    assert len(list(check_calibrations(CELL))) == 2


def test_a_cpu_needs_no_gpu_memory_and_a_missing_gpu_is_open(tmp_path):
    assert list(check_gpu('cpu', 10**9)) == []
    assert 'GB free' in check_disk(tmp_path).found


def test_answers_are_signed_and_unasked_questions_stay_open():
    answers = iter(['y', 'n', 'yes', ''])
    operator = Operator('A. Smith', lambda question: next(answers))
    findings = [check_question(question, operator) for question in QUESTIONS]
    assert [f.status for f in findings] == [
        Status.OK,
        Status.FAIL,
        Status.OK,
        Status.FAIL,
    ]
    assert 'A. Smith' in findings[0].found
    unasked = [check_question(question, Operator('', input)) for question in QUESTIONS]
    assert {f.status for f in unasked} == {Status.SKIP}


@pytest.mark.parametrize('status', ['holds', 'open'])
def test_the_page_lists_everything_and_passes_only_when_all_holds(tmp_path, status):
    good = measured('disk', True, '50 GB', '>= 20 GB', '')
    other = skipped('robot', 'left out', 'checked', 'run it beside the robot')
    findings = [good] if status == 'holds' else [good, other]
    write_checklist(tmp_path, findings, {'operator': 'A. <b>'}, tmp_path / 'too.json')
    result = json.loads((tmp_path / 'too.json').read_text())
    assert result['passed'] is all_hold(findings) is (status == 'holds')
    page = (tmp_path / 'preflight.html').read_text()
    assert '50 GB' in page
    assert '&lt;b&gt;' in page
    assert other.line.endswith('; run it beside the robot')
