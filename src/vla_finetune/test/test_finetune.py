import json

from finetune_samples import record, tiny_act
import pytest
from vla_finetune.finetune import main
from vla_finetune.finetune_plan import make_plan
from vla_finetune.finetune_settings import FinetuneSettings, store_settings
from vla_finetune.training import train


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
