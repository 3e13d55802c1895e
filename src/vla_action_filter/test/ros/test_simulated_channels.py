"""Which channels the filter serves where the robot is the simulator."""

from vla_action_filter.config import FilterConfig
from vla_action_filter.ros.channels.registry import channels_of
from vla_contract.deployment.cell import load_cell

CELL = load_cell('ur5e_2f85_table')


def test_a_simulated_gripper_takes_a_trajectory_and_a_real_one_its_action():
    assert any(channel.is_action for channel in CELL.channels)
    assert channels_of(CELL, FilterConfig()) == CELL.channels
    simulated = channels_of(CELL, FilterConfig(simulated=True))
    assert [channel.kind for channel in simulated] == ['joint_trajectory'] * len(CELL.channels)
    assert [channel.joints for channel in simulated] == [c.joints for c in CELL.channels]
    assert not any(channel.speed_scaling_topic for channel in simulated)
