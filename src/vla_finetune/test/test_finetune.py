import json
import os
import shutil

from finetune_samples import record, tiny_act
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_finetune import finetuning
from vla_finetune.finetune import main
from vla_finetune.finetune_plan import make_plan
from vla_finetune.finetune_settings import FinetuneSettings, store_settings
from vla_finetune.training import train
from vla_finetune.training_checkpoints import point


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
    store_settings(plan.folder, chosen)
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
    options = ['--policy', str(policy), '--real', str(real), '--sim', str(real), '--batch', '2']
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


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
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
