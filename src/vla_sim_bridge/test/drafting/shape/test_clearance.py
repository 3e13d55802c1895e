import numpy as np
import pytest
from vla_contract.deployment.geometry import Capsule, ControlPoint
from vla_sim_bridge.drafting.kinematics.posture import Posture
from vla_sim_bridge.drafting.shape.clearance import Clearance, watched_pairs, with_capsules
from vla_sim_bridge.drafting.shape.links import Link

UP = (0.0, 0.0, 0.1)


def links(tree) -> list[Link]:
    bodies = {-1: 'base', 0: 'shoulder', 1: 'upper_arm', 4: 'wrist'}
    return [Link(j, Capsule(b, b, (0.0, 0.0, 0.0), UP, 0.03)) for j, b in bodies.items()]


def test_distances_are_those_of_the_capsules(description, tree):
    posture = Posture(with_capsules(description.spec, links(tree)), tree.joints)
    posture.place(dict.fromkeys(tree.joints, 0.0))
    # Stretched out, the wrist is 0.57 m above the upper arm's joint, whose capsule is 0.1 m long.
    found = Clearance(posture, [('upper_arm', 'wrist')], (), 0.0)
    assert found.gap() == pytest.approx(0.3)  # what is farther is not told apart
    posture.place({tree.index('elbow'): np.pi / 2})
    assert found.distances()[0] == pytest.approx(np.hypot(0.27, 0.2) - 0.06, abs=1e-6)


def test_a_sphere_near_the_table_counts(description, tree):
    posture = Posture(with_capsules(description.spec, links(tree)), tree.joints)
    posture.place(dict.fromkeys(tree.joints, 0.0))
    low = ControlPoint('low', 'base', (0.0, 0.0, 0.05), 0.02)
    assert Clearance(posture, (), (low,), 0.0).gap() == pytest.approx(0.03)


def test_neighbours_and_links_that_cannot_meet_are_not_watched(description, tree):
    posture = Posture(with_capsules(description.spec, links(tree)), tree.joints)
    ranges = {joint: tuple(tree.model.jnt_range[joint]) for joint in tree.joints}
    pairs = watched_pairs(tree, links(tree), posture, ranges, 0.04)
    assert ('base', 'shoulder') not in pairs
    assert ('shoulder', 'upper_arm') not in pairs
    assert ('base', 'wrist') in pairs
    assert ('shoulder', 'wrist') in pairs
