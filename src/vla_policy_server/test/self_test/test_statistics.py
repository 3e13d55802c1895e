"""Statistics that cannot be right are named, with what LeRobot makes of them."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from vla_contract.check import Status
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.self_test.relative_actions import as_normalised, relative_numbers
from vla_policy_server.self_test.statistics import statistics_fit_the_joints
from vla_policy_server.self_test.subject import Subject

STATE, ACTION = 'observation.state', 'action'


class RelativeActionsProcessorStep:
    """LeRobot's step, as far as it is looked at."""

    enabled = True

    def __init__(self, mask):
        self.mask = mask

    def _build_mask(self, width):
        return self.mask


def step(key, kind, mode, entry):
    """Return a (un-)normaliser of one vector."""
    feature = SimpleNamespace(type=SimpleNamespace(name=kind), shape=(len(entry['mean']),))
    # Types are keys of norm_map, which a namespace cannot be.
    feature.type = _Kind(kind)
    return SimpleNamespace(
        features={key: feature}, norm_map={feature.type: SimpleNamespace(name=mode)},
        stats={key: entry},
    )  # fmt: skip


class _Kind(str):
    @property
    def name(self):
        return str(self)


def entry_of(cell, centre=None, std=0.2):
    """Return statistics around home."""
    mean = cell.home if centre is None else np.full(len(cell.joints), centre)
    lower = np.array([joint.lower for joint in cell.joints])
    upper = np.array([joint.upper for joint in cell.joints])
    if centre is None:
        low, high = np.maximum(mean - 0.3, lower), np.minimum(mean + 0.3, upper)
    else:
        low, high = mean - 0.3, mean + 0.3
    return {'mean': mean, 'std': np.full(len(mean), std), 'min': low, 'max': high}


@pytest.fixture
def judged(judged_in, deployment):
    """Return a function that judges a checkpoint of some statistics."""
    return judged_in(deployment)


@pytest.fixture
def judged_in():
    """Return what makes such a function for a deployment."""
    return lambda deployment: partial(_judged, deployment)


def _judged(
    deployment, state=None, action=None, mode='MEAN_STD', trained=None, relative=None, **keep
):
    cell = deployment.cell
    state, action = state or entry_of(cell), action or entry_of(cell)
    before = [step(STATE, 'STATE', mode, state)] if keep.get('before', True) else []
    before += [step(ACTION, 'ACTION', mode, trained or action)]
    if relative is not None:
        before.insert(0, RelativeActionsProcessorStep(relative))
    after = [step(ACTION, 'ACTION', mode, action)] if keep.get('after', True) else []
    features = {STATE: SimpleNamespace(type=_Kind('STATE'))}
    mapping = {kind: SimpleNamespace(name=mode) for kind in ('STATE', 'ACTION', 'VISUAL')}
    config = SimpleNamespace(
        normalization_mapping=mapping,
        input_features=features,
        output_features={ACTION: SimpleNamespace(type=_Kind('ACTION'))},
    )
    checkpoint = SimpleNamespace(
        preprocess=SimpleNamespace(steps=before),
        postprocess=SimpleNamespace(steps=after),
        names=SimpleNamespace(state=cell.joint_names, action=cell.joint_names),
        network=SimpleNamespace(config=config),
    )
    return statistics_fit_the_joints(Subject(deployment, SimpleNamespace(), None, checkpoint))


def changed(cell, name, index, value):
    """Return statistics around home with one number replaced."""
    entry = {key: np.array(values) for key, values in entry_of(cell).items()}
    entry[name][index] = value
    return entry


def test_statistics_around_home_pass(judged):
    assert judged()[0] is Status.OK
    assert judged(mode='MIN_MAX')[0] is Status.OK


@pytest.mark.parametrize(
    ('std', 'sentence'),
    [
        (0.0, 'observation.state.std of panda_joint3 is 0: LeRobot divides by 1e-08'),
        (1e-7, 'observation.state.std of panda_joint3 is 1e-07: LeRobot divides by 1e-07'),
        (-0.2, 'observation.state.std of panda_joint3 is -0.2, negative: its motion is mirrored'),
    ],
)
def test_a_deviation_that_cannot_be_divided_by_is_named(judged, cell, std, sentence):
    status, found = judged(state=changed(cell, 'std', 2, std))
    assert status is Status.FAIL
    assert sentence in found


def test_a_range_of_nothing_is_named_where_the_range_is_used(judged, cell):
    still = changed(cell, 'max', 1, entry_of(cell)['min'][1])
    status, found = judged(state=still, mode='MIN_MAX')
    assert status is Status.FAIL
    assert 'observation.state.max - min of panda_joint2 is 0' in found
    assert judged(state=still)[0] is Status.OK


def test_an_action_that_never_changed_is_a_warning(judged, cell):
    status, found = judged(action=changed(cell, 'std', 7, 0.0))
    assert status is Status.WARN
    assert 'action.std of robotiq_85_left_knuckle_joint is 0: LeRobot always answers the' in found


def test_a_mirrored_action_fails(judged, cell):
    status, found = judged(action=changed(cell, 'std', 0, -0.2))
    assert status is Status.FAIL
    assert 'negative' in found


def test_an_un_normaliser_of_other_statistics_is_named(judged, cell):
    status, found = judged(action=changed(cell, 'mean', 3, cell.home[3] + 0.3))
    assert status is Status.OK  # both pipelines have it
    status, found = judged(
        action=changed(cell, 'mean', 3, cell.home[3] + 0.3), trained=entry_of(cell)
    )
    assert status is Status.FAIL
    assert 'action.mean of panda_joint4' in found
    assert 'trained with one, answered with the other' in found


@pytest.mark.parametrize(('left_out', 'kind'), [('before', 'STATE'), ('after', 'ACTION')])
def test_a_missing_step_is_named(judged, left_out, kind):
    status, found = judged(**{left_out: False})
    assert status is Status.FAIL
    assert f'config.json wants {kind} MEAN_STD, and no step of the p' in found


def test_velocities_that_are_declared_positions_are_asked_about(judged_in):
    # Joints that may all be at 0, so that the limits say nothing.
    ur5e = load_deployment('ur5e_2f85_lift_cube')
    velocities = entry_of(ur5e.cell, centre=0.0)
    velocities['mean'][-1] = 0.4
    status, found = judged_in(ur5e)(action=velocities)
    assert status is Status.FAIL
    assert 'are these velocities or deltas? quantity: joint_velocity' in found
    assert judged_in(ur5e)()[0] is Status.OK


def test_offsets_are_not_compared_with_limits(judged, deployment):
    width = len(deployment.cell.joints)
    offsets = entry_of(deployment.cell, centre=0.0)
    assert judged(action=offsets, relative=[True] * width)[0] is Status.OK
    assert judged(action=offsets, relative=[True] * 3 + [False] * 5)[0] is Status.FAIL


def test_offsets_beyond_a_whole_range_are_other_units(judged, deployment):
    width = len(deployment.cell.joints)
    offsets = {k: v * 180 / np.pi for k, v in entry_of(deployment.cell, centre=0.0).items()}
    status, found = judged(action=offsets, relative=[True] * width)
    assert status is Status.FAIL
    assert 'more than its range: other units?' in found


def test_relative_numbers_are_those_of_lerobots_step(deployment):
    from lerobot.processor.relative_action_processor import (
        RelativeActionsProcessorStep as LeRobotStep,
    )
    from lerobot.processor.relative_action_processor import (
        to_relative_actions,
    )

    names = list(deployment.cell.joint_names)
    step = LeRobotStep(enabled=True, exclude_joints=['knuckle'], action_names=names)
    checkpoint = SimpleNamespace(
        preprocess=SimpleNamespace(steps=[step]), names=SimpleNamespace(action=tuple(names))
    )
    mask = [True] * 7 + [False]
    assert relative_numbers(checkpoint).tolist() == mask
    rng = np.random.default_rng(0)
    actions, state = rng.normal(size=(5, 8)), rng.normal(size=8)
    theirs = to_relative_actions(torch.from_numpy(actions), torch.from_numpy(state), mask)
    assert np.allclose(as_normalised(checkpoint, actions, state), theirs.numpy(), atol=1e-12)
    step.enabled = False
    assert not relative_numbers(checkpoint).any()
