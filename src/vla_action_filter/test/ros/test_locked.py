from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from vla_action_filter.ros.action_filter_node import ActionFilterNode


def test_a_locked_filter_refuses_activation_until_it_is_unlocked(ros):
    node = ActionFilterNode()
    try:
        node.set_parameters([Parameter('locked', value=True)])
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
        assert node.trigger_activate() == TransitionCallbackReturn.FAILURE
        assert node.failure == 'locked: supervisor/release unlocks it once preflight has passed'
        assert not node.is_active
        node.set_parameters([Parameter('locked', value=False)])
        assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
        assert node.is_active
    finally:
        node.shut_down()
        node.destroy_node()
