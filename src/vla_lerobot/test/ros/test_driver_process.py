"""However the process of the driver ends, the motors hold."""

import os
import signal
import subprocess
import sys
import time

import pytest
import rclpy
from sensor_msgs.msg import JointState
from so101_double import calibrated, deployment_files, driver_values, hold_all
from vla_contract.ros.qos import STATE
from vla_lerobot.drivers.simulated.port import SimulatedPort
from vla_lerobot.drivers.simulated.so101 import so101_motors
import yaml

pytest.importorskip('scservo_sdk')


@pytest.mark.parametrize(
    ('end', 'status'),
    [(signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)],
    ids=['SIGINT', 'SIGKILL'],
)
def test_after_its_end_the_motors_hold(ros, tmp_path, end, status):
    calibrated(tmp_path)
    motors = so101_motors()
    hold_all(motors)
    port = SimulatedPort(motors)
    driver = tmp_path / 'driver.yaml'
    driver.write_text(yaml.safe_dump(driver_values(port, tmp_path)))
    given = {'deployment': deployment_files(tmp_path), 'driver': driver, 'autostart': 'true'}
    words = [word for name, own in given.items() for word in ('-p', f'{name}:={own}')]
    module = 'vla_lerobot.drivers.ros.lerobot_robot_node'
    node, heard = rclpy.create_node('listener'), []
    node.create_subscription(JointState, 'joint_states', heard.append, STATE)
    process = subprocess.Popen(
        [sys.executable, '-m', module, '--ros-args', *words], cwd=tmp_path, env=os.environ
    )
    try:
        deadline = time.monotonic() + 120.0
        while not heard:
            assert process.poll() is None
            assert time.monotonic() < deadline, 'no joint states'
            rclpy.spin_once(node, timeout_sec=0.1)
        process.send_signal(end)
        assert process.wait(60.0) == status
        assert all(motor.has_torque for motor in motors)
        assert all(motor.goals == [] for motor in motors)
    finally:
        process.kill()
        process.wait()
        port.close()
        node.destroy_node()
