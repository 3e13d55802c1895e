"""Where the arm is commanded: by its last command, where it stands by that."""

import numpy as np
import pytest
from vla_contract.deployment.cell import load_cell
from vla_contract.errors import ContractError
from vla_contract.values import JointSample
from vla_teleop.mapping.commanded import CommandedPosition

CELL = load_cell('so101_table')
HOME = CELL.home


def sample(position) -> JointSample:
    return JointSample(0, position, np.zeros(6))


def test_nothing_is_known_before_the_arm_is_measured():
    found = CommandedPosition(CELL)
    assert found.position() is None
    found.offer_sent(CELL.joint_names, HOME)
    assert found.position() is None


def test_the_last_command_counts_while_the_arm_is_near_it():
    found = CommandedPosition(CELL)
    found.offer_measured(sample(HOME))
    assert found.position() == pytest.approx(HOME)
    found.offer_sent(CELL.joint_names, HOME + 0.1)
    assert found.position() == pytest.approx(HOME + 0.1)
    # Fingers on an object stand far from their command.
    pressed = HOME - [0, 0, 0, 0, 0, 1.0]
    found.offer_measured(sample(pressed))
    assert found.position() == pytest.approx(HOME + 0.1)


def test_an_arm_that_was_moved_is_where_it_is_measured():
    found = CommandedPosition(CELL)
    found.offer_sent(CELL.joint_names, HOME)
    found.offer_measured(sample(HOME + 0.5))
    assert found.position() == pytest.approx(HOME + 0.5)


def test_another_robots_commands_are_refused_and_no_number_is_taken_for_one():
    found = CommandedPosition(CELL)
    with pytest.raises(ContractError, match='joints: found joint1'):
        found.offer_sent(['joint1'], [0.0])
    found.offer_measured(sample(HOME))
    found.offer_sent(CELL.joint_names, [np.nan] * 6)
    assert found.position() == pytest.approx(HOME)
