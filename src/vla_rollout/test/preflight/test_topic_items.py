"""How often topics have to come, and how old they may be."""

from dataclasses import replace

import pytest
from vla_contract.deployment.cell import Cell, load_cell
from vla_rollout.preflight.topic_items import least_rates, oldest_stamps

IMAGES = 'camera/color/image_raw'


@pytest.fixture
def split() -> Cell:
    """A cell whose gripper has a driver of its own."""
    return load_cell(
        'panda_table', {'robot.joint_states': ['arm/joint_states', 'hand/joint_states']}
    )


def test_the_joints_of_an_arm_come_nearly_as_often_as_its_file_says(split):
    assert least_rates(load_cell('panda_table')) == {'joint_states': 80.0, IMAGES: 12.0}
    assert least_rates(split)['arm/joint_states'] == 80.0


def test_a_driver_of_fingers_alone_has_to_keep_its_deadline_and_no_rate_of_the_arm(split):
    assert least_rates(split)['hand/joint_states'] == pytest.approx(3.0)
    slow = replace(split, deadlines=replace(split.deadlines, gripper_state_age_s=0.1))
    assert least_rates(slow)['hand/joint_states'] == pytest.approx(30.0)


def test_stamps_of_every_topic_have_the_deadline_of_what_is_in_it(split):
    assert oldest_stamps(split) == {
        'arm/joint_states': 0.2, 'hand/joint_states': 1.0, IMAGES: 0.5,
    }  # fmt: skip
