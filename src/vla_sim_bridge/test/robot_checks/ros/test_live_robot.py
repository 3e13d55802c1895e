from threading import Event, Thread

import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory
from vla_contract.check import Status
from vla_sim_bridge.robot_checks.ros.live_robot import check_live, joints_check


def test_a_joint_that_nobody_publishes_is_named_with_those_there_are(cell):
    heard = dict.fromkeys(cell.joint_names[1:], 0.0) | {'other': 1.0}
    found = joints_check(cell, heard)
    assert found.status is Status.FAIL
    assert found.found.startswith(f'no {cell.joint_names[0]}; heard of: other, panda_joint2')


def test_a_joint_in_degrees_is_outside_its_limits(cell):
    heard = dict(zip(cell.joint_names, cell.home.tolist(), strict=True))
    assert joints_check(cell, heard).status is Status.OK
    found = joints_check(cell, heard | {'panda_joint4': -123.0})
    assert found.status is Status.FAIL
    assert found.found == 'outside their limits: panda_joint4 at -123.000 (-3.072 to -0.070)'


def test_a_running_robot_is_heard_and_its_controller_found(cell):
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('robot', context=context)
    publisher = node.create_publisher(JointState, 'joint_states', 10)
    node.create_subscription(
        JointTrajectory, 'joint_trajectory_controller/joint_trajectory', lambda msg: None, 10
    )
    msg = JointState(name=list(cell.joint_names), position=cell.home.tolist())
    node.create_timer(0.02, lambda: publisher.publish(msg))
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    done = Event()

    def spin() -> None:
        while not done.is_set():
            executor.spin_once(timeout_sec=0.05)

    thread = Thread(target=spin)
    thread.start()
    try:
        found = check_live(cell, 30.0, [])
    finally:
        done.set()
        thread.join()
        node.destroy_node()
        context.try_shutdown()
    assert [check.status for check in found] == [Status.OK, Status.OK], found
