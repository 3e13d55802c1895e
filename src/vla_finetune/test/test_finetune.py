import json
import os
import shutil

from finetune_samples import record, tiny_act
import numpy as np
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import PolicyMismatchError
from vla_finetune import finetuning
from vla_finetune.finetune import main
from vla_finetune.finetune_plan import make_plan
from vla_finetune.finetune_settings import FinetuneSettings, store_settings
from vla_finetune.input_hashes import input_hashes
from vla_finetune.loss_trace import LossNotFiniteError
from vla_finetune.training import train
from vla_finetune.training_checkpoints import point
from vla_lerobot.checkpoints.checkpoint import load_checkpoint
from vla_lerobot.checkpoints.checks import normalised
from vla_lerobot.features import STATE
from vla_lerobot.instruction_embedding import (
    DEFAULT_ENCODER,
    ENVIRONMENT_STATE,
    InstructionEncoder,
)


class InterruptedTrainingError(Exception):
    pass


@pytest.fixture(scope='module')
def real(tmp_path_factory):
    return record(tmp_path_factory.mktemp('data') / 'real')


@pytest.fixture(scope='module')
def policy(tmp_path_factory, real):
    return tiny_act(tmp_path_factory.mktemp('policy') / 'act', real)


def settings(policy, real, **changes):
    values = {
        'policy': str(policy),
        'real': str(real),
        'steps': 6,
        'batch': 2,
        'learning_rate': 1e-3,
        'validate_every': 3,
        'threads': 1,
        **changes,
    }
    return FinetuneSettings(**values)


def interrupt_at(step):
    def on_step(done):
        if done == step:
            raise InterruptedTrainingError

    return on_step


def test_interrupted_training_resumes_to_the_same_loss_curve(policy, real, tmp_path):
    chosen = settings(policy, real)
    whole = train(make_plan(chosen, tmp_path / 'whole'))
    plan = make_plan(chosen, tmp_path / 'broken')
    with pytest.raises(InterruptedTrainingError):
        train(plan, interrupt_at(4))
    store_settings(plan.folder, chosen, input_hashes(chosen))
    assert main(['--resume', str(plan.folder)]) == 0
    summary = json.loads((plan.folder / 'summary.json').read_text())
    resumed = summary['training']
    assert resumed['losses'] == whole.losses
    assert len(whole.losses) == 6
    assert [v['loss'] for v in resumed['validations']] == [v.loss for v in whole.validations]
    assert (plan.folder / 'pretrained_model' / 'vla_manifest.json').is_file()
    own = load_deployment(policy=str(plan.folder / 'pretrained_model')).policy
    assert own.name == 'broken'
    assert own.source == str(plan.folder / 'pretrained_model')


def test_ctrl_c_says_how_to_go_on(policy, real, tmp_path, capsys, monkeypatch):
    def stop(plan):
        raise KeyboardInterrupt

    monkeypatch.setattr(finetuning, 'train', stop)
    run = tmp_path / 'run'
    run.mkdir()  # which an earlier interruption may leave
    assert main(['--policy', str(policy), '--real', str(real), '--output', str(run)]) == 130
    assert f'last checkpoint: vla train finetune --resume {run}' in capsys.readouterr().err
    assert (run / 'finetune.json').is_file()


def test_a_link_is_changed_in_one_step(tmp_path, monkeypatch):
    (tmp_path / 'old').mkdir()
    (tmp_path / 'new').mkdir()
    link = tmp_path / 'last'
    point(link, tmp_path / 'old')
    (tmp_path / 'last.part').symlink_to('nowhere')  # which an interruption has left
    seen = []

    def replace(temporary, target):
        seen.append(link.resolve().name)
        os.replace(temporary, target)

    monkeypatch.setattr(type(link), 'replace', replace)
    point(link, tmp_path / 'new')
    assert (seen, os.readlink(link)) == (['old'], 'new')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['last', 'new', 'old']


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / 'model.safetensors')


def changed_parts(before, after):
    old, new = weights(before), weights(after)
    assert old.keys() == new.keys()
    return {name.split('.')[1] for name in old if not old[name].equal(new[name])}


def test_a_frozen_image_encoder_keeps_its_weights(policy, real, tmp_path):
    chosen = settings(policy, real, steps=1, freeze_vision=True)
    train(make_plan(chosen, tmp_path / 'run'))
    changed = changed_parts(policy, tmp_path / 'run' / 'pretrained_model')
    assert 'backbone' not in changed
    assert {'encoder', 'decoder', 'action_head'} <= changed


def test_adapters_are_merged_into_a_checkpoint_that_runs_without_them(policy, real, tmp_path):
    chosen = settings(policy, real, steps=2, validate_every=1, lora_rank=2)
    train(make_plan(chosen, tmp_path / 'run'))
    result = tmp_path / 'run' / 'pretrained_model'
    assert not json.loads((result / 'config.json').read_text())['use_peft']
    assert (result / 'vla_manifest.json').is_file()
    assert (result / 'vla_policy.yaml').is_file()
    assert 'backbone' not in changed_parts(policy, result)


def test_both_statistics_are_trained_and_the_nearer_one_is_kept(policy, real, tmp_path):
    run, found = tmp_path / 'run', tmp_path / 'found.json'
    sim = record(tmp_path / 'sim', seed=30)
    options = ['--policy', str(policy), '--real', str(real), '--sim', str(sim), '--batch', '2']
    more = ['--steps', '1', '--statistics', 'both', '--output', str(run), '--json', str(found)]
    assert main([*options, *more]) == 0
    summary = json.loads(found.read_text())
    compared = summary['statistics_compared']
    errors = {name: compared[name]['best']['action_error'] for name in ('keep', 'recompute')}
    assert compared['better'] == min(errors, key=errors.get)
    assert (run / 'pretrained_model' / 'config.json').is_file()
    assert summary['sample_shares'] == {
        'demonstrations': pytest.approx(0.1),
        'simulated': pytest.approx(0.9),
    }


def test_without_held_out_episodes_nothing_is_validated_and_the_last_checkpoint_is_kept(
    policy, real, tmp_path, capsys
):
    run = tmp_path / 'run'
    options = ['--policy', str(policy), '--real', str(real), '--output', str(run)]
    more = ['--steps', '4', '--batch', '2', '--validate-every', '1', '--patience', '1']
    assert main([*options, *more, '--held-out-share', '0']) == 0
    said = capsys.readouterr().out
    assert 'not validated: no episode is held out; the result is the last of 4 steps' in said
    assert '0.0000' not in said
    summary = json.loads((run / 'summary.json').read_text())
    assert len(summary['training']['losses']) == 4
    assert summary['training']['validations'] == []
    assert summary['training']['best'] is None
    assert summary['training']['is_validated'] is summary['is_validated'] is False
    assert (run / 'pretrained_model').resolve().parent.name == '000004'
    assert [p.name for p in sorted((run / 'checkpoints').iterdir())] == ['000004', 'last']
    manifest = json.loads((run / 'pretrained_model' / 'vla_manifest.json').read_text())
    assert manifest['is_validated'] is False


def test_a_replaced_dataset_is_not_gone_on_with(policy, real, tmp_path, capsys):
    copy, run = tmp_path / 'copy', tmp_path / 'run'
    shutil.copytree(real, copy)
    chosen = settings(policy, copy)
    with pytest.raises(InterruptedTrainingError):
        train(make_plan(chosen, run), interrupt_at(4))
    store_settings(run, chosen, input_hashes(chosen))
    shutil.rmtree(copy)
    record(copy, seed=5)
    capsys.readouterr()
    assert main(['--resume', str(run)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: {run}: --resume: found other ')
    assert 'frames of --real' in error
    assert error.count('\n') == 1


def test_a_damaged_settings_file_is_one_sentence(tmp_path, capsys):
    (tmp_path / 'finetune.json').write_text('{"steps": 3}')
    assert main(['--resume', str(tmp_path)]) == 2
    assert 'settings and inputs: found KeyError' in capsys.readouterr().err


def test_several_tasks_are_refused_for_a_policy_without_language(policy, tmp_path, capsys):
    two = record(tmp_path / 'two', tasks=('lift the cube', 'push the cube off the table'))
    options = ['--policy', str(policy), '--real', str(two), '--output', str(tmp_path / 'run')]
    assert main(options) == 2
    error = capsys.readouterr().err
    assert "found 2 tasks in the data ('lift the cube', 'push the cube off the table')" in error
    assert not (tmp_path / 'run').exists()


@pytest.fixture
def told(tmp_path):
    """A dataset of two tasks, and a policy that takes the embedding of its instruction."""
    real = record(tmp_path / 'told', tasks=('lift the red cube', 'lift the blue cube'))
    return tiny_act(tmp_path / 'told_act', real, embedding=384), real


def test_a_policy_told_by_an_embedding_is_trained_on_several_tasks(told, tmp_path):
    policy, real = told
    chosen = settings(policy, real, statistics='recompute', steps=2)
    plan = make_plan(chosen, tmp_path / 'tuned')
    encoder = InstructionEncoder(DEFAULT_ENCODER)
    for frame, text in ((0, 'lift the red cube'), (12, 'lift the blue cube')):
        sample = plan.samples[frame]
        assert sample['task'] == text
        np.testing.assert_array_equal(sample[ENVIRONMENT_STATE], encoder.embed(text))
    train(plan)

    # What the robot's data says nothing of stays as it was; the words mean what they meant.
    deployment = load_deployment(policy=str(tmp_path / 'tuned' / 'pretrained_model'))
    tuned = load_checkpoint(deployment, 'cpu')
    assert tuned.encoder.name == DEFAULT_ENCODER
    before = load_checkpoint(load_deployment(policy=str(policy)), 'cpu')
    stats = [
        {key: entry for key, entry, *_ in normalised(one.preprocess)} for one in (before, tuned)
    ]
    for name in ('mean', 'std'):
        was, now = (np.asarray(own[ENVIRONMENT_STATE][name]) for own in stats)
        np.testing.assert_array_equal(was, now)
    assert not np.array_equal(stats[0][STATE]['mean'], stats[1][STATE]['mean'])


@pytest.mark.parametrize('missing', ['file', 'std', 'q99'])
def test_statistics_that_a_dataset_lacks_are_computed(missing, policy, real, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(real, copy)
    path = copy / 'meta' / 'stats.json'
    stats = json.loads(path.read_text())
    if missing == 'file':
        path.unlink()
    else:
        path.write_text(
            json.dumps(
                {k: {n: v for n, v in entry.items() if n != missing} for k, entry in stats.items()}
            )
        )
    for statistics in ('keep', 'recompute'):
        chosen = settings(policy, copy, steps=1, statistics=statistics)
        assert len(train(make_plan(chosen, tmp_path / statistics)).losses) == 1


def test_statistics_by_quantiles_are_those_of_the_trained_frames(policy, real, tmp_path):
    from safetensors.torch import load_file

    quantiles = tmp_path / 'quantiles'
    shutil.copytree(policy, quantiles)
    for name in ('policy_preprocessor.json', 'policy_postprocessor.json', 'config.json'):
        path = quantiles / name
        path.write_text(path.read_text().replace('MEAN_STD', 'QUANTILES'))
    chosen = settings(quantiles, real, steps=1, statistics='recompute')
    plan = make_plan(chosen, tmp_path / 'run')
    train(plan)
    [(checked, frames)] = plan.data.trained_frames()
    wanted = np.quantile(checked.column('action')[frames].astype(float), 0.99, axis=0)
    [file] = (tmp_path / 'run' / 'pretrained_model').glob('*preprocessor*normalizer*.safetensors')
    assert load_file(file)['action.q99'].numpy() == pytest.approx(wanted, abs=1e-6)


def test_a_checkpoint_without_statistics_is_refused_with_what_helps(policy, real, tmp_path):
    from safetensors.torch import load_file, save_file

    bare = tmp_path / 'bare'
    shutil.copytree(policy, bare)
    for file in bare.glob('*normalizer*.safetensors'):
        kept = {k: v for k, v in load_file(file).items() if not k.endswith('.std')}
        save_file(kept, file)
    with pytest.raises(PolicyMismatchError, match='no statistics .*--statistics recompute'):
        train(make_plan(settings(bare, real), tmp_path / 'run'))


def test_a_loss_that_is_no_number_names_its_sample(policy, real, tmp_path):
    plan = make_plan(settings(policy, real), tmp_path / 'run')
    [(checked, _frames)] = plan.data.trained_frames()
    # As a column would that the check of state and action does not read.
    checked.samples._columns['observation.state'][:] = float('nan')
    with pytest.raises(LossNotFiniteError, match=f'observation.state of a sample .* {real}, epis'):
        train(plan)


def test_a_dataset_in_another_joint_order_trains_the_same_policy(policy, real, tmp_path, capsys):
    other = record(tmp_path / 'other', order=slice(None, None, -1))
    losses = [
        train(make_plan(settings(policy, root, statistics='recompute'), tmp_path / name)).losses
        for name, root in (('a', real), ('b', other))
    ]
    assert losses[0] == losses[1]
    options = ['--policy', str(policy), '--real', str(other), '--output', str(tmp_path / 'c')]
    assert main([*options, '--steps', '1', '--batch', '2']) == 0
    assert f'note: {other}: action: mapped by name from' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (
            ['--statistics', 'both', '--held-out-share', '0'],
            "statistics: found 'both' with held_out_share 0, so that nothing can compare them",
        ),
        (['--policy', 'nowhere'], "checkpoint 'nowhere' not found"),
        (['--sim-share', '2'], 'sim_share: found 2.0 (float); allowed: float in [0, 0.999]'),
        (['--output', '.'], '--output: found .; allowed: a new folder'),
    ],
)
def test_wrong_use_is_one_sentence(changes, message, tmp_path, capsys):
    output = ['--output', str(tmp_path / 'run')]
    assert main(['--policy', 'p', '--real', 'r', *output, *changes]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / 'run').exists()


def test_code_in_a_checkpoint_is_not_run(policy, real, tmp_path, capsys, monkeypatch):
    evil = tmp_path / 'evil'
    shutil.copytree(policy, evil)
    file = evil / 'policy_preprocessor.json'
    content = json.loads(file.read_text())
    content['steps'].insert(0, {'class': 'ran.Step', 'config': {}})
    file.write_text(json.dumps(content))
    (tmp_path / 'ran.py').write_text(f'open({str(tmp_path / "ran")!r}, "w")')
    monkeypatch.syspath_prepend(tmp_path)
    options = ['--policy', str(evil), '--real', str(real), '--output', str(tmp_path / 'run')]
    assert main(options) == 2
    assert 'ran.Step' in capsys.readouterr().err
    assert not (tmp_path / 'ran').exists()
    assert not (tmp_path / 'run').exists()
