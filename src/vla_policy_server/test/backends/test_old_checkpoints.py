"""Checkpoints of LeRobot before its processors: statistics stand among the weights."""

from pathlib import Path
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tiny_checkpoints import deployment_of, statistics, write_checkpoint
from vla_contract.errors import PolicyError
from vla_contract.values import Observation
from vla_policy_server.backends.registry import make_policy


@pytest.fixture(scope='module')
def made(tmp_path_factory, deployment) -> Path:
    """Return a folder with a checkpoint as it is today, and as it was."""
    root = tmp_path_factory.mktemp('old')
    new = deployment_of(deployment, root / 'new')
    write_checkpoint(new, 'act', root / 'new')
    shutil.copytree(root / 'new', root / 'old')
    for path in (root / 'old').glob('policy_*'):
        path.unlink()
    cameras = [camera.feature for camera in new.policy.cameras]
    stats = statistics(len(new.policy.state_names), cameras)
    action = stats.pop('action')
    groups = {'normalize_inputs': stats, 'unnormalize_outputs': {'action': action}}
    groups['normalize_targets'] = groups['unnormalize_outputs']
    buffers = {
        f'{group}.buffer_{name.replace(".", "_")}.{statistic}': entry[statistic].clone()
        for group, entries in groups.items()
        for name, entry in entries.items()
        for statistic in ('mean', 'std')
    }
    weights = root / 'old' / 'model.safetensors'
    save_file({**load_file(weights), **buffers}, weights)
    return root


@pytest.fixture
def old(made, tmp_path) -> Path:
    shutil.copytree(made / 'old', tmp_path / 'old')
    return tmp_path / 'old'


def load(deployment, folder: Path):
    return make_policy(deployment_of(deployment, folder), 'cpu')


def answer(policy, deployment):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (384, 384, 3), np.uint8)
    return policy.infer(Observation(0, deployment.cell.home, {'top': image}, 'lift')).positions


def test_an_old_checkpoint_answers_as_it_does_today(deployment, made, old):
    policy = load(deployment, old)
    expected = answer(load(deployment, made / 'new'), deployment)
    assert (answer(policy, deployment) == expected).all()
    assert any('migrate_policy_normalization' in note for note in policy.notes)


def test_an_old_checkpoint_answers_as_after_lerobots_migration(deployment, old, monkeypatch):
    from lerobot.policies.pretrained import PreTrainedPolicy
    from lerobot.processor import migrate_policy_normalization

    migrated = old.with_name('migrated')
    arguments = ['migrate', '--pretrained-path', str(old), '--output-dir', str(migrated)]
    monkeypatch.setattr('sys.argv', arguments)
    card = SimpleNamespace(save=lambda path: None)  # LeRobot's fails without a training to tell of
    monkeypatch.setattr(PreTrainedPolicy, 'generate_model_card', lambda self, **_: card)
    migrate_policy_normalization.main()
    expected = answer(load(deployment, migrated), deployment)
    assert (answer(load(deployment, old), deployment) == expected).all()


def test_an_old_checkpoint_that_lacks_a_statistic_is_refused(deployment, old):
    weights = load_file(old / 'model.safetensors')
    del weights['normalize_inputs.buffer_observation_state.std']
    save_file(weights, old / 'model.safetensors')
    with pytest.raises(PolicyError, match='no statistics observation.state.std'):
        load(deployment, old)


def test_an_old_checkpoint_that_lacks_a_weight_is_refused(deployment, old):
    weights = load_file(old / 'model.safetensors')
    del weights['model.action_head.weight']
    save_file(weights, old / 'model.safetensors')
    with pytest.raises(PolicyError, match='model.action_head.weight'):
        load(deployment, old)


def test_statistics_in_two_places_are_refused(deployment, made, old):
    for path in (made / 'new').glob('policy_*'):
        shutil.copy(path, old)
    with pytest.raises(PolicyError, match='among its weights .* and in its processors'):
        load(deployment, old)


def test_statistics_in_no_place_are_refused(deployment, made, old):
    shutil.copy(made / 'new' / 'model.safetensors', old)
    with pytest.raises(PolicyError, match='has no policy_preprocessor.json and no policy_post'):
        load(deployment, old)
