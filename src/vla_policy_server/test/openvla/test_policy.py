import numpy as np
import pytest
from tiny_openvla import NORM_STATS, Q01, Q99, TinyOpenVla, TinyProcessor
from vla_policy_server.openvla.action_statistics import find_statistics
from vla_policy_server.openvla.errors import OpenVlaError
from vla_policy_server.openvla.policy import OpenVlaPolicy, OpenVlaSettings

BRIDGE = OpenVlaSettings('bridge_orig')


def picture(red: float, green: float, blue: float) -> np.ndarray:
    shade = np.round(255 * np.array([red, green, blue])).astype(np.uint8)
    return np.broadcast_to(shade, (60, 80, 3)).copy()


def test_an_action_is_in_the_units_of_its_statistics():
    policy = OpenVlaPolicy(TinyOpenVla(), TinyProcessor(), BRIDGE)
    action = policy.act(picture(0.0, 0.5, 1.0), 'lift')
    # Half a bin of 2/255 is the rounding; the gripper's number is not scaled.
    expected = [-0.03, 0.0, 0.05, -0.1, 0.0, 0.2, -1.0]
    assert action == pytest.approx(expected, abs=1.01 / 255)


def test_the_instruction_is_asked_as_in_training():
    processor = TinyProcessor()
    OpenVlaPolicy(TinyOpenVla(), processor, BRIDGE).act(picture(0, 0, 0), 'Lift the Cube')
    asked = 'In: What action should the robot take to lift the cube?\nOut:'
    assert processor.prompts[-1] == asked


def test_a_centre_crop_keeps_the_middle_nine_tenths():
    framed = picture(0.0, 0.0, 0.0)
    edge = 1  # a crop to 0.9487 of each side takes 1.5 of 60 and 2.1 of 80 px off each end
    framed[edge:-edge, edge:-edge] = 255
    crop, whole = (
        OpenVlaPolicy(TinyOpenVla(), TinyProcessor(), OpenVlaSettings('bridge_orig', center_crop))
        for center_crop in (True, False)
    )
    assert crop.act(framed, '')[0] == pytest.approx(Q99[0], abs=1e-3)
    assert whole.act(framed, '')[0] < Q99[0] - 2e-3


def test_a_model_that_does_not_look_is_refused():
    with pytest.raises(OpenVlaError, match='answers without looking at its image'):
        OpenVlaPolicy(TinyOpenVla(is_blind=True), TinyProcessor(), BRIDGE)


def test_statistics_that_are_not_the_models_are_refused():
    model = TinyOpenVla()
    policy = OpenVlaPolicy(model, TinyProcessor(), BRIDGE)
    model.factor = 3.0
    with pytest.raises(OpenVlaError, match='outside what its statistics'):
        policy.act(picture(1.0, 1.0, 1.0), '')


def test_an_answer_that_is_not_finite_is_refused():
    model = TinyOpenVla()
    model.factor = float('nan')
    with pytest.raises(OpenVlaError, match='allowed: 7 numbers'):
        OpenVlaPolicy(model, TinyProcessor(), BRIDGE)


@pytest.mark.parametrize('key', ['', 'bridge'])
def test_statistics_are_chosen_by_name_and_never_guessed(key):
    with pytest.raises(OpenVlaError, match='the checkpoint has: bridge_orig, other'):
        find_statistics(NORM_STATS, key)


def test_the_only_statistics_need_no_name():
    only = {'mine': NORM_STATS['bridge_orig']}
    assert find_statistics(only, '').low.tolist() == Q01


def test_denormalising_is_openvlas_formula():
    statistics = find_statistics(NORM_STATS, 'bridge_orig')
    assert statistics.denormalise(np.full(7, -1.0)).tolist() == pytest.approx([*Q01[:6], -1.0])
    assert statistics.denormalise(np.full(7, 1.0)).tolist() == pytest.approx([*Q99[:6], 1.0])
    assert statistics.denormalise(np.zeros(7)) == pytest.approx(np.zeros(7))


@pytest.mark.parametrize(
    'action',
    [{}, {'q01': Q01}, {'q01': Q01[:6], 'q99': Q99[:6]}, {'q01': Q99, 'q99': Q01},
     {'q01': Q01, 'q99': [float('nan')] * 7}, {'q01': 'low', 'q99': 'high'}],
)  # fmt: skip
def test_damaged_statistics_are_refused(action):
    with pytest.raises(OpenVlaError, match="statistics 'mine'"):
        find_statistics({'mine': {'action': action}}, 'mine')
