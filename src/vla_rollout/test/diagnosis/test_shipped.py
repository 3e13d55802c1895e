"""What ships with the demo policy: a normal run is diagnosed, and called healthy."""

from dataclasses import replace

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.meaning import meaning_sha256
from vla_contract.share import find_model
from vla_policy_server.identity.identify import identity_of
from vla_rollout.diagnosis.diagnosis import Diagnosis
from vla_rollout.diagnosis.healthy import FILE_NAME, find_healthy, learned_line, load_healthy
from vla_rollout.episodes.in_process.loop_builder import run_episode

POLICY = 'panda_lift_act'
SETTINGS = {
    'deployment': 'panda_lift_cube', 'cell': '', 'policy': '', 'task': '', 'backend': '',
    'randomization': 'none', 'device': 'cpu', 'precision': '', 'mode': 'async', 'execute_steps': 4,
    'latency_s': 0.06, 'filter': 'default', 'blank_images': False, 'speed': 1.0,
}  # fmt: skip


def test_the_demo_policy_has_thresholds_for_the_shipped_cell(cell):
    healthy = load_healthy(find_model(POLICY) / FILE_NAME, cell)
    assert healthy.episodes >= 180
    assert healthy.false_alarm_rate <= 0.05
    assert Diagnosis(cell, healthy).unavailable <= {'pushing', 'unlike_training'}


@pytest.mark.parametrize(
    ('deployment', 'policy'),
    [
        ('panda_lift_named_cube', 'panda_language_act'),
        ('panda_lift_cube', 'panda_lift_act_randomized'),
    ],
)
def test_the_other_shipped_policies_have_thresholds_of_their_cell(deployment, policy):
    named = load_deployment(deployment, policy=policy)
    healthy = find_healthy(named)
    assert healthy.episodes >= 40
    assert {'off_path', 'reversals', 'disagreement', 'no_progress'} <= set(healthy.thresholds)


def test_without_a_cell_that_fits_there_is_no_diagnosis_and_a_warning_says_so(caplog):
    for name in ('panda_lift_cube', 'panda_lift_cube_effort'):
        assert find_healthy(load_deployment(name)).episodes >= 180
    assert not caplog.text
    slow = load_deployment(overrides={'cell.workspace.speed': 0.5})
    assert find_healthy(slow) is None
    assert 'learned in another cell than panda_table' in caplog.text
    assert find_healthy(load_deployment(policy='no_such_policy')) is None
    assert find_healthy(load_deployment(policy='hold')) is None


def test_thresholds_are_of_the_policy_that_is_served(caplog):
    deployment = load_deployment()
    own = identity_of(deployment)
    assert find_healthy(deployment, own).episodes >= 180
    # Elsewhere and through a server of its own it stays the same policy.
    assert find_healthy(deployment, replace(own, backend='remote', source='ws://gpu')) is not None
    assert not caplog.text
    for served, why in (
        (identity_of(load_deployment(backend='hold')), 'policy_server serves panda_lift_act'),
        (
            replace(own, content_sha256='', unknown='ws://gpu is silent'),
            'ws://gpu is silent',
        ),
    ):
        caplog.clear()
        assert find_healthy(deployment, served) is None
        assert caplog.text.count('\n') == 1
        assert 'was learned of another policy' in caplog.text
        assert why in caplog.text


def test_a_backend_without_a_checkpoint_is_no_surprise_where_it_was_asked_for(caplog):
    deployment = load_deployment(backend='scripted')
    assert find_healthy(deployment, identity_of(deployment)) is None
    assert not caplog.text


def test_the_deployment_with_effort_is_the_other_one_with_effort():
    plain, measuring = (
        load_deployment('panda_lift_cube'),
        load_deployment('panda_lift_cube_effort'),
    )
    servo = plain.cell.robot.servo
    assert measuring.cell.robot.servo == replace(servo, measures_effort=True)
    cells = [
        replace(cell, robots=(replace(cell.robots[0], robot=replace(cell.robot, servo=servo)),))
        for cell in (plain.cell, measuring.cell)
    ]
    assert (measuring.policy, measuring.task) == (plain.policy, plain.task)
    assert len({meaning_sha256(cell) for cell in cells}) == 1


@pytest.mark.parametrize('seed', [0, 1, 2])
def test_a_normal_run_raises_no_alarm(seed):
    result = run_episode((SETTINGS, seed))
    assert result.success
    assert (result.alarms, result.failure_mode) == ([], None)


def test_a_normal_run_at_a_tenth_of_the_speed_raises_none_either():
    result = run_episode(({**SETTINGS, 'speed': 0.1}, 0))
    assert result.success
    assert result.duration_s > 3.0
    assert result.alarms == []


def test_a_policy_that_sees_nothing_fails_and_the_failure_has_a_name():
    result = run_episode(({**SETTINGS, 'blank_images': True}, 0))
    assert not result.success
    assert (result.failure_mode, result.failure_cause) == ('no sight', 'dark_image')
    assert 'camera top: brightness 0, contrast 0 of 255' in result.alarms[0]
    assert result.advice.startswith('look at the image of that camera')


def test_what_needs_no_learning_is_found_for_a_policy_of_which_nothing_was_learned():
    settings = {**SETTINGS, 'policy': 'panda_lift_act_randomized', 'blank_images': True}
    result = run_episode((settings, 31))
    assert (result.success, result.failure_cause) == (False, 'dark_image')


def test_another_backend_of_the_same_deployment_has_no_thresholds_of_the_policy():
    """An expert that knows where the object is goes other ways than the policy."""
    result = run_episode(({**SETTINGS, 'backend': 'scripted'}, 3))
    assert result.success
    assert result.alarms == []


def test_a_policy_of_which_nothing_was_learned_says_how_to_learn_it():
    named = load_deployment('panda_lift_named_cube', policy='panda_lift_act')
    line = learned_line(named, None)
    assert line.startswith('not learned: learn with: vla rollout learn-thresholds ')
    assert '--deployment panda_lift_named_cube --policy panda_lift_act;' in line
    assert 'never_closes' in line
    assert 'refused' not in line
    own = load_deployment('panda_lift_cube')
    assert learned_line(own, find_healthy(own)) == 'learned from 436 episodes'
    held = load_deployment(policy='hold')
    assert 'policy hold has no folder for it' in learned_line(held, find_healthy(held))
