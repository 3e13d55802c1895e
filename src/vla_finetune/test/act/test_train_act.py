from types import SimpleNamespace

import pytest
import torch
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_finetune.act import act_training
from vla_finetune.act.act_training import act_config, halve_weights
from vla_finetune.act.descent import learning_rate_factor
from vla_finetune.act.train_act import main
from vla_lerobot.features import ACTION, STATE


def test_the_rate_warms_up_and_decays_to_two_percent():
    factors = [learning_rate_factor(step, 1000) for step in range(1001)]
    assert factors[0] == pytest.approx(0.01)
    assert factors[99] == pytest.approx(1.0)
    assert factors[550] == pytest.approx(0.51)
    assert factors[1000] == pytest.approx(0.02)
    assert max(factors) <= 1.0


def test_the_network_has_the_features_of_the_policy_file():
    config = act_config(load_deployment())
    assert config.input_features['observation.images.top'].shape == (3, 96, 96)
    assert config.input_features['observation.state'].shape == (8,)
    assert config.output_features['action'].shape == (8,)


def test_an_instruction_is_one_more_normalised_input():
    config = act_config(load_deployment(), embedding=384)
    assert config.env_state_feature.shape == (384,)
    assert config.normalization_mapping['ENV'].name == 'MEAN_STD'
    assert act_config(load_deployment()).env_state_feature is None


def test_halved_weights_keep_their_values_and_integers(tmp_path):
    from safetensors.torch import load_file, save_file

    weights = {'w': torch.randn(10), 'count': torch.tensor([3])}
    save_file(weights, tmp_path / 'model.safetensors')
    halve_weights(tmp_path)
    halved = load_file(tmp_path / 'model.safetensors')
    assert halved['w'].dtype == torch.float16
    assert torch.allclose(halved['w'].float(), weights['w'], atol=2e-3)
    assert halved['count'].dtype == torch.int64


def test_an_existing_output_is_not_touched(tmp_path, capsys):
    assert main(['--dataset', str(tmp_path / 'x'), '--output', str(tmp_path)]) == 2
    assert 'exists; name a new folder' in capsys.readouterr().err


def test_a_missing_dataset_is_one_sentence(tmp_path, capsys):
    assert main(['--dataset', str(tmp_path / 'x'), '--output', str(tmp_path / 'y')]) == 2
    assert 'give the folder of a LeRobotDataset v3' in capsys.readouterr().err
    assert not (tmp_path / 'y').exists()


def test_norms_learn_while_training_and_the_checkpoint_is_lerobots(tmp_path, monkeypatch):
    from lerobot.policies.act.modeling_act import ACTPolicy

    names = {'observation.images.top': (3, 1, 1), 'observation.state': (8,), 'action': (8,)}
    stats = {k: {'mean': torch.zeros(v), 'std': torch.ones(v)} for k, v in names.items()}
    data = SimpleNamespace(instruction=None, stats=stats, state=torch.zeros(1, 8), notes=())
    norms = []

    def fit(policy, *rest):
        norms.extend(m for m in policy.modules() if isinstance(m, torch.nn.BatchNorm2d))
        return 0.0

    monkeypatch.setattr(act_training, 'load_demonstrations', lambda *rest: data)
    monkeypatch.setattr(act_training, 'fit', fit)
    assert main(['--dataset', str(tmp_path), '--output', str(tmp_path / 'act')]) == 0
    assert len(norms) == 20
    saved = ACTPolicy.from_pretrained(tmp_path / 'act', strict=True)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in saved.modules())
    own = load_deployment(policy=str(tmp_path / 'act')).policy
    assert (own.name, own.backend, own.source) == ('act', 'lerobot', str(tmp_path / 'act'))
    used = load_deployment().policy
    assert (own.rate_hz, own.state, own.action, own.cameras) == (
        (used.rate_hz, used.state, used.action, used.cameras)
    )


def test_a_loss_that_is_no_number_ends_the_training():
    class Data:
        images = ()

        def draw(self, *rest):
            return torch.zeros(1, dtype=torch.long)

        def batch(self, *rest):
            return {
                STATE: torch.zeros(1, 8),
                ACTION: torch.zeros(1, 16, 8),
                'action_is_pad': torch.zeros(1, 16, dtype=torch.bool),
            }

    class Diverging(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, batch):
            return self.weight * float('inf'), {}

    args = SimpleNamespace(
        seed=0, lr=1e-3, steps=2, batch=1, early_share=0.0, blank_share=0.0, bf16=False
    )
    with pytest.raises(VlaError, match='the loss is inf: the training diverged, .* lower --lr'):
        act_training.fit(Diverging(), dict, Data(), {}, args)
