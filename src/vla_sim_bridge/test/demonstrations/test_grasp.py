"""How fingers take an object: where, turned how, and the way there."""

import numpy as np
import pytest
from vla_contract.errors import SettingError
from vla_sim_bridge.demonstrations.grasp import Grasp
from vla_sim_bridge.scene.object_settings import GraspConfig, ObjectConfig


def turned(yaw: float) -> np.ndarray:
    return np.array([0.5, 0.1, 0.02, np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)])


@pytest.mark.parametrize(
    ('shape', 'size', 'width', 'turns', 'yaw'),
    [
        ('box', (0.04, 0.04, 0.04), 0.04, 4, 0.0),
        ('box', (0.04, 0.04, 0.09), 0.04, 4, 0.0),
        ('box', (0.10, 0.03, 0.02), 0.03, 2, 0.0),
        ('box', (0.03, 0.10, 0.02), 0.03, 2, np.pi / 2),
        ('cylinder', (0.05, 0.10), 0.05, 0, 0.0),
        ('sphere', (0.06,), 0.06, 0, 0.0),
        ('capsule', (0.03, 0.12), 0.03, 0, 0.0),
    ],
)
def test_plain_shapes_are_taken_where_they_are_narrow(shape, size, width, turns, yaw):
    grasp = Grasp.of('it', ObjectConfig(shape, size, mass_kg=0.1, area='a'))
    assert (grasp.width_m, grasp.turns, grasp.yaw_rad) == (width, turns, pytest.approx(yaw))


def test_other_shapes_have_to_say_it():
    bowl = ObjectConfig('open_box', (0.1, 0.1, 0.05, 0.005), mass_kg=0.1, area='a')
    with pytest.raises(SettingError, match='bowl.grasp: found nothing; allowed: how a open_box'):
        Grasp.of('bowl', bowl)


def test_a_place_moves_with_the_object():
    said = GraspConfig(0.03, centre_m=(0.02, 0.0, 0.01), yaw_deg=90.0, turns=2)
    grasp = Grasp.of('mug', ObjectConfig('mjcf', file='mug.xml', area='a', grasp=said))
    assert grasp.place(turned(np.pi / 2)) == pytest.approx([0.5, 0.12, 0.03])
    assert grasp.yaw(turned(0.3)) == pytest.approx(0.3 + np.pi / 2)


@pytest.mark.parametrize(('turns', 'angle', 'folded'), [
    (4, 0.9, 0.9 - np.pi / 2), (2, 1.7, 1.7 - np.pi), (1, 3.5, 3.5 - 2 * np.pi), (0, 1.0, 0.0),
])  # fmt: skip
def test_the_nearest_of_equal_turns_is_taken(turns, angle, folded):
    assert Grasp(0.04, turns=turns).folded(angle) == pytest.approx(folded)


def test_a_wrist_is_not_twisted_far_from_home():
    cube = Grasp(0.04, turns=4)
    # Nearest is a turn of 0.3, to 1.9 from home; a quarter back it is as good.
    assert cube.turn(1.6, 1.9, home=0.0) == pytest.approx(0.3 - np.pi / 2)
    assert cube.turn(0.2, 0.5, home=0.0) == pytest.approx(0.3)
