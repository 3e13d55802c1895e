from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.deployment.policy_file import check_policy_file
from vla_contract.errors import NameMismatchError, PolicyError
from vla_contract.vectors.component import Component, JOINT_MOVES, NumberMap, RELATIVE_TO_STATE
from vla_contract.vectors.vector_codec import in_si, VectorCodec

VX300S = load_deployment(cell='vx300s_table', policy='hold')
NAMES = VX300S.cell.joint_names
ARM, GRIPPER = NAMES[:6], NAMES[6]
HOME = VX300S.cell.home
SCALES = st.floats(1e-2, 1e2)
ZEROS = st.floats(-3.0, 3.0)


def deployment_of(*action: Component, state: tuple[Component, ...] = ()):
    file = replace(VX300S.policy, action=action, state=state or VX300S.policy.state)
    return replace(VX300S, policy=check_policy_file(file, VX300S.cell, 'own'))


@st.composite
def positions(draw):
    """Return components of positions with any units, maps, signs and zeros, in any order."""
    numbers = st.floats(-1e3, 1e3)
    distinct = st.tuples(numbers, numbers).filter(lambda two: abs(two[0] - two[1]) > 1e-2)
    components = []
    for name in draw(st.permutations(NAMES)):
        sign, zero = draw(st.sampled_from([(), (1.0,), (-1.0,)])), draw(st.sampled_from([(), 1]))
        zero = (draw(ZEROS),) if zero else ()
        if draw(st.booleans()):
            units = ('', 'm', 'mm') if name == GRIPPER else ('', 'rad', 'deg')
            unit, scale = draw(st.sampled_from(units)), draw(SCALES)
            components.append(Component('joint_position', (name,), unit=unit, scale=scale))
        else:
            low, high = draw(distinct)
            own = draw(st.none() | st.tuples(ZEROS, ZEROS))
            if own is not None and abs(own[0] - own[1]) < 1e-2:
                own = None
            named = ('closed', 'open') if name == GRIPPER and draw(st.booleans()) else None
            ends = dict(zip(named or ('lower', 'upper'), (low, high), strict=True))
            components.append(Component(joints=(name,), map=NumberMap(**ends, range=own)))
            if own is None:
                sign = zero = ()
        components[-1] = replace(components[-1], sign=sign, zero=zero)
    return tuple(components)


@given(positions(), st.lists(st.floats(-3.0, 3.0), min_size=7, max_size=7))
def test_joints_come_back_from_any_units(components, values):
    codec, joints = VectorCodec(deployment_of(*components, state=components)), np.array(values)
    state = codec.encode(joints)
    assert np.isfinite(state).all()
    assert codec.decode_state(state) == pytest.approx(joints, abs=1e-12)
    rows = np.stack([joints, joints / 2])
    assert codec.decode(codec.encode_actions(rows, HOME), HOME) == pytest.approx(rows, abs=1e-12)


@given(
    st.permutations(NAMES),
    st.lists(st.sampled_from([*JOINT_MOVES, RELATIVE_TO_STATE, '']), min_size=7, max_size=7),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
def test_actions_of_any_kind_come_back(order, kinds, steps, seed):
    components = [
        Component(kind or 'joint_position', (n,)) for n, kind in zip(order, kinds, strict=True)
    ]
    codec = VectorCodec(deployment_of(*components))
    rng = np.random.default_rng(seed)
    actions, seen = rng.uniform(-2, 2, (steps, 7)), rng.uniform(-2, 2, 7)
    chunk = codec.decode(actions, seen)
    assert len(chunk) == steps + (codec.has_moves and steps > 1)
    assert codec.encode_actions(chunk, seen) == pytest.approx(actions, abs=1e-12)
    measured = rng.uniform(-2, 2, (steps, 7))
    each = codec.decode_steps(actions, measured)
    assert codec.encode_steps(each, measured) == pytest.approx(actions, abs=1e-12)


@given(positions(), st.lists(st.floats(allow_nan=False), min_size=7, max_size=7))
def test_no_finite_numbers_become_others(components, values):
    codec = VectorCodec(deployment_of(*components, state=components))
    for convert in (codec.encode, codec.decode_state, lambda v: codec.decode(v[np.newaxis], HOME)):
        try:
            found = convert(np.array(values))
        except PolicyError:
            assert np.abs(values).max() > 1e12
        else:
            assert np.isfinite(found).all()


@given(
    st.lists(st.sampled_from([np.nan, np.inf, -np.inf, 1e13, 0.5]), min_size=7, max_size=7).filter(
        lambda values: set(values) != {0.5}
    )
)
def test_what_is_not_finite_is_refused_with_its_joint(values):
    codec = VectorCodec(VX300S)
    first = NAMES[next(i for i, value in enumerate(values) if value != 0.5)]
    for convert in (codec.encode, codec.decode_state, lambda v: codec.decode(v[np.newaxis], HOME)):
        with pytest.raises(PolicyError, match=f'found .* for {first}; allowed: finite numbers up'):
            convert(np.array(values))


@given(st.integers(0, 20).filter(lambda width: width != 7))
def test_another_width_is_refused(width):
    codec = VectorCodec(VX300S)
    for convert in (codec.encode, codec.decode_state, lambda v: codec.decode(v[np.newaxis], HOME)):
        with pytest.raises(PolicyError, match=f'policy hold: .*: found {width} .*; allowed: 7'):
            convert(np.zeros(width))


@pytest.mark.parametrize('names', [['shoulder_pan', *NAMES[1:]], [NAMES[0], *NAMES[:6]]])
def test_another_joint_and_one_that_stands_twice_are_refused(names):
    with pytest.raises(NameMismatchError):
        VectorCodec(VX300S, names)
    with pytest.raises(NameMismatchError):
        VectorCodec(VX300S, action_names=names)


def test_a_part_of_the_state_is_only_encoded():
    codec = VectorCodec(VX300S, [GRIPPER, NAMES[0]])
    assert codec.encode(HOME).tolist() == [HOME[6], HOME[0]]
    with pytest.raises(NameMismatchError, match='policy hold: state: missing shoulder'):
        codec.decode_state(np.zeros(2))


def test_without_units_not_a_bit_changes():
    codec = VectorCodec(VX300S)
    values = np.random.default_rng(0).uniform(-3, 3, (100, 7))
    assert np.array_equal(codec.encode(values), values)
    assert np.array_equal(codec.decode(values, HOME), values)
    assert codec.state.meanings == ('rad',) * 6 + ('m',)


def test_velocities_are_integrated_at_the_rate_from_where_the_joints_were_seen():
    gripper = Component(joints=(GRIPPER,), map=NumberMap(open=0.0, closed=1.0))
    codec = VectorCodec(deployment_of(Component('joint_velocity', ARM, unit='deg'), gripper))
    actions = np.tile([90.0] * 6 + [1.0], (3, 1))
    chunk = codec.decode(actions, HOME)
    turned = np.deg2rad(90.0) / VX300S.policy.rate_hz
    for row, positions in enumerate(chunk):  # the first one is due when the policy looked
        assert positions[:6] == pytest.approx(HOME[:6] + row * turned)
        assert positions[6] == pytest.approx(0.021)
    assert codec.decode(actions[:1], HOME) == pytest.approx(chunk[1:2])  # a lone move: one period


def test_deltas_add_up_and_offsets_count_from_the_state():
    actions = np.full((2, 7), 0.1)
    moves = VectorCodec(deployment_of(Component('joint_delta', NAMES))).decode(actions, HOME)
    assert moves == pytest.approx(np.stack([HOME, HOME + 0.1, HOME + 0.2]))
    offsets = VectorCodec(deployment_of(Component(RELATIVE_TO_STATE, NAMES)))
    assert offsets.decode(actions, HOME) == pytest.approx(np.stack([HOME + 0.1] * 2))


def test_moves_of_the_tool_are_the_joints_that_they_become(written):
    codec = VectorCodec(written('action: [{preset: libero}]\n', 'panda_table'))
    assert set(codec.action.meanings) == {'rad'}
    assert not codec.has_moves


def test_in_si_the_joints_keep_their_order():
    components = (Component(joints=(GRIPPER,), unit='mm'), Component(joints=ARM, unit='deg'))
    plain = VectorCodec(in_si(deployment_of(*components, state=components)))
    assert plain.state.names == plain.action.names == (GRIPPER, *ARM)
    assert plain.state.meanings == ('m',) + ('rad',) * 6


@pytest.mark.parametrize(
    ('said', 'numbers', 'expected'),
    [
        ({'unit': 'deg', 'sign': (-1.0,), 'zero': (0.5,)}, 90.0, 0.5 - np.pi / 2),
        ({'unit': 'deg', 'scale': 2.0}, 45.0, np.pi / 2),
        ({'map': NumberMap(lower=-100, upper=100, range=(-1.0, 2.0))}, 100.0, 2.0),
        (
            {'map': NumberMap(lower=-100, upper=100, range=(-1.0, 2.0)), 'sign': (-1.0,),
             'zero': (0.5,)},
            100.0, 0.5 - 2.0,
        ),
        ({'map': NumberMap(lower=-100, upper=100, range=(1.0, -1.0))}, 50.0, -0.5),
    ],
)  # fmt: skip
def test_a_number_means_the_position_that_the_file_says(said, numbers, expected):
    others = Component(joints=NAMES[1:])
    codec = VectorCodec(deployment_of(Component(joints=NAMES[:1], **said), others))
    action = HOME.copy()
    action[0] = numbers
    assert codec.decode(action[None], HOME)[0, 0] == pytest.approx(expected, abs=1e-12)
