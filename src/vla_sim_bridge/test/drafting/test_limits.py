from xml.etree import ElementTree

from described_arm import urdf
import pytest
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree
from vla_sim_bridge.drafting.limits import limits_of, Sources


def test_limits_of_a_urdf_are_taken_and_the_others_guessed(tree):
    found = limits_of(tree, tree.index('elbow'), Sources(urdf=ElementTree.fromstring(urdf())))
    assert (found.type, found.lower.number, found.upper.number) == ('revolute', -2.6, 2.6)
    assert (found.velocity.number, found.velocity.note) == (2.0, 'URDF')
    assert (found.effort.number, found.effort.note) == (40.0, 'URDF')
    assert found.acceleration.number == pytest.approx(5.0)
    assert found.acceleration.note == 'guessed: top speed in 0.4 s'
    assert found.jerk.is_guessed


def test_joint_limits_yaml_counts_more_than_the_urdf(tree):
    given = {'pan': {'velocity': 1.25, 'acceleration': 4.5}}
    found = limits_of(tree, tree.index('pan'), Sources(given, ElementTree.fromstring(urdf())))
    assert (found.velocity.number, found.velocity.source) == (1.25, 'joint_limits.yaml')
    assert not found.acceleration.is_guessed
    assert found.lower.source == 'URDF'


@pytest.mark.parametrize('nothing', [0.0, 229.0])
def test_a_speed_of_zero_or_in_degrees_is_taken_for_none(tree, nothing):
    description = ElementTree.fromstring(urdf(velocity=nothing))
    found = limits_of(tree, tree.index('pan'), Sources(urdf=description))
    assert found.velocity.is_guessed
    assert found.velocity.number < 3.0


def test_an_effort_that_nobody_says_holds_the_arm_three_times(description):
    description.spec.joint('lift').actfrclimited = 0
    tree = JointTree(description.spec.compile())
    joint = tree.index('lift')
    nothing = ElementTree.fromstring(urdf(effort=0.0))
    found = limits_of(tree, joint, Sources(urdf=nothing, gravity={joint: 12.0}))
    assert (found.effort.number, found.effort.is_guessed) == (36.0, True)


def test_a_joint_without_end_turns_once_either_way(description):
    description.spec.joint('pan').limited = 0
    description.spec.joint('pan').range = [0.0, 0.0]
    tree = JointTree(description.spec.compile())
    found = limits_of(tree, tree.index('pan'), Sources())
    assert found.is_endless
    assert (found.lower.number, found.upper.number) == pytest.approx((-6.2832, 6.2832), abs=1e-4)
