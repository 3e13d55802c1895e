import pytest
from vla_lerobot.drivers.config import LerobotRobotConfig
from vla_lerobot.drivers.motors.health import ERROR, MotorHealth, OK, WARN


@pytest.mark.parametrize(
    ('register', 'raw', 'level', 'said'),
    [
        ('Present_Temperature', 40, OK, ''),
        ('Present_Temperature', 56, WARN, 'elbow_flex is at 56 C'),
        ('Present_Temperature', 66, ERROR, 'elbow_flex is at 66 C'),
        ('Present_Load', -650, WARN, 'gives 65% of its torque'),
        ('Present_Load', 900, ERROR, 'gives 90% of its torque'),
        ('Present_Voltage', 41, WARN, 'has 4.1 V'),
        ('Present_Voltage', 50, OK, ''),
        ('Present_Current', 500, OK, ''),
        ('Torque_Enable', 0, ERROR, 'elbow_flex is limp'),
        ('Torque_Enable', 1, OK, ''),
        ('Status', 0b100100, ERROR, 'fault: temperature, overload'),
        ('Hardware_Error_Status', 0b1, ERROR, 'fault: voltage'),
    ],
)
def test_a_register_is_judged_by_its_thresholds(register, raw, level, said):
    health = MotorHealth(LerobotRobotConfig())
    health.take(register, {'elbow_flex': raw, 'gripper': {'Torque_Enable': 1}.get(register, 0)})
    if register.startswith('Present_Volt'):
        health.take(register, {'elbow_flex': raw})
    found = health.finding()
    assert found.level == level
    assert said in found.message


def test_the_worst_is_said_with_the_numbers_of_all():
    health = MotorHealth(LerobotRobotConfig())
    health.take('Present_Temperature', {'a': 56, 'b': 70})
    health.take('Present_Voltage', {'a': 41, 'b': 50})
    found = health.finding()
    assert found.message.startswith('b is at 70 C')
    assert found.values['voltage_v/a'] == pytest.approx(4.1)


def test_a_released_motor_is_not_expected_to_hold():
    health = MotorHealth(LerobotRobotConfig())
    health.expect_torque(False)
    health.take('Torque_Enable', {'a': 0})
    assert health.finding().level == OK
