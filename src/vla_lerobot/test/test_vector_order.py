from dataclasses import replace
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
import torch
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import NameMismatchError, UnknownNameError, VlaError
from vla_contract.vectors.component import Component
from vla_lerobot.features import (
    ACTION,
    dataset_features,
    image_shape,
    recorded_names,
    STATE,
    UNITS,
)
from vla_lerobot.vector_order import vector_names, vector_order

DEPLOYMENT = load_deployment()
NAMES = DEPLOYMENT.policy.state_names
FINGER = NAMES[7]
REVERSED = tuple(reversed(NAMES))


def dataset(names, key=STATE):
    features = dataset_features(DEPLOYMENT)
    features[key] = {**features[key], 'names': names}
    return SimpleNamespace(root='data', meta=SimpleNamespace(features=features))


@pytest.mark.parametrize(
    ('written', 'names'),
    [
        (None, None),
        ([], None),
        (['a', 'b'], ('a', 'b')),
        ({'motors': ['a', 'b']}, ('a', 'b')),
        ({'left': ['a'], 'right': ['b', 'c']}, ('a', 'b', 'c')),
        ({'delta_y': 1, 'delta_x': 0}, ('delta_x', 'delta_y')),
        ([['a', 'b'], ['c']], ('a', 'b', 'c')),
    ],
)
def test_names_are_read_in_every_form_that_lerobot_writes(written, names):
    assert recorded_names({'names': written}) == names


def test_numbers_without_names_are_believed_to_be_the_policys_and_that_is_said():
    order = vector_order(DEPLOYMENT, dataset(None))
    assert order.indices == {}
    [note] = order.notes
    assert note.startswith(f'data: {STATE}: joint names not recorded, believed to be in the order')


def test_numbers_without_names_must_be_as_many_as_the_policys():
    narrow = dataset(None)
    narrow.meta.features[STATE]['shape'] = (6,)
    with pytest.raises(VlaError, match=f'data: {STATE}: found 6 numbers; allowed: 8, one for'):
        vector_order(DEPLOYMENT, narrow)


def test_the_suffix_of_lerobots_robots_is_taken_off_only_where_the_names_fit_without_it():
    suffixed = [f'{name}.pos' for name in NAMES]
    assert vector_names(dataset(suffixed), STATE, NAMES) == NAMES
    assert vector_names(dataset(suffixed), STATE, suffixed) == tuple(suffixed)
    assert vector_order(DEPLOYMENT, dataset(suffixed)).indices == {}


@pytest.mark.parametrize(('key', 'ending'), [(STATE, 'vel'), (ACTION, 'vel'), (STATE, 'torque')])
def test_velocities_and_efforts_by_their_names_are_no_positions(key, ending):
    named = dataset([f'{name}.{ending}' for name in NAMES], key)
    with pytest.raises(VlaError, match=f"data: {key}: found an? .* by its name, '{NAMES[0]}"):
        vector_order(DEPLOYMENT, named)


@pytest.mark.parametrize(
    ('names', 'is_believed'),
    [
        (['x', 'y', 'z', 'roll', 'pitch', 'yaw', 'gripper', 'gripper'], True),
        (['x', 'y', 'z', 'a', 'b', 'c', FINGER, 'gripper'], True),
        ([FINGER, 'x', 'y', 'z', 'a', 'b', 'c', 'gripper'], False),
    ],
)
def test_what_others_call_the_numbers_of_a_tool_is_believed_and_said(names, is_believed):
    tool = Component('tool_pose', tool='gripper', rotation='rotvec')
    fingers = Component(joints=(FINGER,))
    policy = replace(DEPLOYMENT.policy, state=(tool, fingers, fingers))
    of_a_tool, theirs = replace(DEPLOYMENT, policy=policy), dataset(names)
    del theirs.meta.features[STATE][UNITS]  # which only our datasets have
    if not is_believed:
        with pytest.raises(NameMismatchError):
            vector_order(of_a_tool, theirs)
        return
    order = vector_order(of_a_tool, theirs)
    assert order.indices == {}
    assert any(note.startswith(f'data: {STATE}: found x, y, z, ') for note in order.notes)


def test_other_joints_are_refused_and_a_missing_column_is_named():
    with pytest.raises(NameMismatchError, match='data: action: missing panda_joint1'):
        vector_order(DEPLOYMENT, dataset([f'motor_{k}' for k in range(8)], ACTION))
    twice = (NAMES[0], NAMES[0], *NAMES[2:])
    with pytest.raises(NameMismatchError, match=f'repeated {NAMES[0]}'):
        vector_order(DEPLOYMENT, dataset(twice))
    blind = dataset(NAMES)
    del blind.meta.features[ACTION]
    with pytest.raises(UnknownNameError, match="column 'action' is not in data; it has: obs"):
        vector_order(DEPLOYMENT, blind)


@given(st.permutations(range(8)))
def test_another_order_is_mapped_by_name(places):
    order = vector_order(DEPLOYMENT, dataset([NAMES[place] for place in places]))
    values = np.array(places, dtype=float)
    assert order.numbers(STATE, values).tolist() == list(range(8))
    chunk = torch.tensor(places).repeat(3, 1)
    sample = order.sample({STATE: chunk, ACTION: chunk, 'task': 'move'})
    assert sample[STATE].tolist() == [list(range(8))] * 3
    assert torch.equal(sample[ACTION], chunk)
    assert sample['task'] == 'move'


def test_metadata_reads_as_if_it_had_been_recorded_in_the_policys_order():
    recorded = dataset({'motors': list(REVERSED)})
    recorded.meta.info = SimpleNamespace(features=recorded.meta.features)
    recorded.meta.stats = {STATE: {'mean': np.arange(8.0), 'count': np.array([40])}}
    own = vector_order(DEPLOYMENT, recorded).metadata(recorded.meta)
    assert own.info.features[STATE]['names'] == list(NAMES)
    assert own.stats[STATE]['mean'].tolist() == list(range(7, -1, -1))
    assert own.stats[STATE]['count'].tolist() == [40]
    assert recorded.meta.features[STATE]['names'] == {'motors': list(REVERSED)}


def test_metadata_spell_the_names_as_the_dataset_does():
    recorded = dataset([f'{name}.pos' for name in REVERSED])
    recorded.meta.info = SimpleNamespace(features=recorded.meta.features)
    recorded.meta.stats = None
    own = vector_order(DEPLOYMENT, recorded).metadata(recorded.meta)
    assert own.info.features[STATE]['names'] == [f'{name}.pos' for name in NAMES]


@pytest.mark.parametrize(
    ('shape', 'names', 'expected'),
    [
        ((48, 64, 3), ['height', 'width', 'channels'], (3, 48, 64)),
        ((48, 64, 3), ['height', 'width', 'channel'], (3, 48, 64)),
        ((3, 48, 64), ['channels', 'height', 'width'], (3, 48, 64)),
        ((48, 64, 3), None, (3, 48, 64)),
        ((3, 48, 64), None, (3, 48, 64)),
    ],
)
def test_the_colours_of_an_image_are_found_wherever_they_are_listed(shape, names, expected):
    assert image_shape({'shape': shape, 'names': names}) == expected
