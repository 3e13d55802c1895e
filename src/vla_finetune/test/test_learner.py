from types import SimpleNamespace

import pytest
from torch import nn
from vla_contract.errors import PolicyError
from vla_finetune.learner import freeze_vision, set_rates


def test_every_rate_of_a_preset_is_scaled_and_its_schedule_fits_the_steps():
    config = SimpleNamespace(
        optimizer_lr=1e-4,
        optimizer_lr_backbone=1e-5,
        scheduler_decay_lr=2.5e-6,
        scheduler_decay_steps=30_000,
        scheduler_warmup_steps=1000,
    )
    set_rates(config, 1e-5, steps=2000)
    assert config.optimizer_lr == pytest.approx(1e-5)
    assert config.optimizer_lr_backbone == pytest.approx(1e-6)
    assert config.scheduler_decay_lr == pytest.approx(2.5e-7)
    assert (config.scheduler_decay_steps, config.scheduler_warmup_steps) == (2000, 100)


def test_a_policy_without_an_image_encoder_says_so():
    with pytest.raises(PolicyError, match='--freeze-vision: no part of Sequential is named after'):
        freeze_vision(nn.Sequential(nn.Linear(1, 1)))
