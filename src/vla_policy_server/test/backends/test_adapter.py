import json
from pathlib import Path
import shutil

import numpy as np
from policy_changes import with_policy
import pytest
from vla_contract.errors import PolicyError
from vla_contract.share import find_model
from vla_contract.values import Observation
from vla_policy_server.backends.registry import make_policy


@pytest.fixture(scope='module')
def made(tmp_path_factory, deployment) -> Path:
    """Return a folder with a base and an adapter of it, as LeRobot's training writes both."""
    from peft import get_peft_model, LoraConfig
    import torch

    root = tmp_path_factory.mktemp('adapter')
    shipped = find_model('panda_lift_act')
    assert shipped is not None
    shutil.copytree(shipped, root / 'base')
    network = make_policy(deployment, 'cpu').predictor
    adapted = get_peft_model(network, LoraConfig(target_modules=['action_head'], r=2))
    torch.manual_seed(0)
    for name, weight in adapted.named_parameters():
        if 'lora_B' in name:  # zeros before training
            torch.nn.init.normal_(weight, std=0.1)
    adapted.save_pretrained(root / 'adapter')
    for file in shipped.iterdir():
        if file.name.startswith(('policy_', 'vla_')):
            shutil.copy(file, root / 'adapter')
    config = json.loads((shipped / 'config.json').read_text())
    (root / 'adapter' / 'config.json').write_text(json.dumps({**config, 'use_peft': True}))
    return root


@pytest.fixture
def adapter(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path / 'copy')
    folder = tmp_path / 'copy' / 'adapter'
    name_base(folder, str(tmp_path / 'copy' / 'base'))
    return folder


def name_base(folder: Path, base: str | None) -> None:
    config = json.loads((folder / 'adapter_config.json').read_text())
    changed = {**config, 'base_model_name_or_path': base}
    (folder / 'adapter_config.json').write_text(json.dumps(changed))


def load(deployment, folder: Path):
    return make_policy(with_policy(deployment, source=str(folder)), 'cpu')


def test_an_adapter_runs_on_its_base(deployment, adapter):
    seen = Observation(
        0, deployment.cell.home, {'top': np.full((384, 384, 3), 90, np.uint8)}, 'lift the cube'
    )
    base = load(deployment, adapter.parent / 'base').infer(seen).positions
    adapted = load(deployment, adapter).infer(seen).positions
    assert np.abs(adapted - base).max() > 0.01


def test_an_adapter_without_its_weights_is_refused(deployment, adapter):
    (adapter / 'adapter_model.safetensors').unlink()
    with pytest.raises(PolicyError, match='there is no adapter_model.safetensors'):
        load(deployment, adapter)


def test_an_adapter_without_its_configuration_is_refused(deployment, adapter):
    (adapter / 'adapter_config.json').unlink()
    with pytest.raises(PolicyError, match='without its adapter_config.json'):
        load(deployment, adapter)


@pytest.mark.parametrize(
    ('base', 'message'),
    [('/gone/for/good', "its base: checkpoint '/gone/for/good' not found"), (None, 'no base')],
)
def test_an_adapter_without_its_base_is_refused(deployment, adapter, base, message):
    name_base(adapter, base)
    with pytest.raises(PolicyError, match=message):
        load(deployment, adapter)


def test_a_damaged_base_is_refused(deployment, adapter):
    (adapter.parent / 'base' / 'model.safetensors').unlink()
    with pytest.raises(PolicyError, match='base.: its weights do not fit'):
        load(deployment, adapter)


def test_an_adapter_that_lacks_a_weight_is_refused(deployment, adapter):
    from safetensors.torch import load_file, save_file

    path = adapter / 'adapter_model.safetensors'
    tensors = load_file(path)
    del tensors[next(key for key in tensors if 'lora_B' in key)]
    save_file(tensors, path)
    with pytest.raises(PolicyError, match='the file lacks .*lora_B'):
        load(deployment, adapter)
