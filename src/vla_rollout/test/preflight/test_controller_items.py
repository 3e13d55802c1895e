from vla_contract.check import Status
from vla_contract.deployment.channels import Channel
from vla_rollout.preflight.controller_items import check_controller, check_update_rate, manager_of

ARM = Channel('arm', 'joint_trajectory', ('a', 'b'), 'arm')
GOOD = {
    'joints': ['b', 'a'],
    'allow_partial_joints_goal': False,
    'interpolate_from_desired_state': True,
    'interpolation_method': 'splines',
    'cmd_timeout': 0.0,
}


def failing(found) -> list[str]:
    return [f.name for f in check_controller(ARM, found) if f.status is not Status.OK]


def test_a_controller_that_is_set_right_holds():
    assert failing(GOOD) == []


def test_each_setting_that_makes_an_arm_jerk_is_named():
    for name, value in (
        ('joints', ['a', 'b', 'gripper']),
        ('interpolate_from_desired_state', False),
        ('interpolation_method', 'none'),
        ('cmd_timeout', 0.5),
    ):
        assert failing({**GOOD, name: value}) == [f'controller arm: {name}']


def test_a_subset_is_enough_where_partial_goals_are_allowed():
    assert failing({**GOOD, 'joints': ['a', 'b', 'c'], 'allow_partial_joints_goal': True}) == []


def test_a_controller_that_does_not_answer_leaves_the_item_open():
    (finding,) = check_controller(ARM, {})
    assert finding.status is Status.SKIP


def test_a_forward_controller_must_not_write_faster_than_it_is_told():
    forward = Channel('arm', 'forward_position', ('a',), 'arm')
    assert [f.status for f in check_update_rate(forward, 1000.0)] == [Status.FAIL]
    assert [f.status for f in check_update_rate(forward, 100.0)] == [Status.OK]
    assert list(check_update_rate(ARM, 1000.0)) == []


def test_a_driver_that_takes_the_commands_itself_is_believed_with_a_remark():
    """A LeRobot driver has no controller of ros2_control that could be asked."""
    (finding,) = check_controller(ARM, {}, 'lerobot_robot')
    assert finding.status is Status.WARN
    assert 'lerobot_robot takes the commands' in finding.found


def test_the_manager_of_a_controller_is_in_its_namespace():
    assert manager_of(ARM) == 'controller_manager'
    there = Channel('arm', 'forward_position', ('a',), 'left/forward_position_controller')
    assert manager_of(there) == 'left/controller_manager'
