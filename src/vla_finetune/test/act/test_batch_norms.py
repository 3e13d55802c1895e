import torch
from torch import nn
from torchvision.models import resnet18
from torchvision.ops.misc import FrozenBatchNorm2d
from vla_finetune.act.batch_norms import freeze, thaw


def frozen_backbone() -> nn.Module:
    return resnet18(norm_layer=FrozenBatchNorm2d)


def kinds(module: nn.Module) -> set[type]:
    norms = (FrozenBatchNorm2d, nn.BatchNorm2d)
    return {type(child) for child in module.modules() if isinstance(child, norms)}


def test_thawed_norms_learn_and_frozen_ones_compute_the_same():
    torch.manual_seed(0)
    backbone = frozen_backbone()
    thaw(backbone)
    assert kinds(backbone) == {nn.BatchNorm2d}
    images = torch.randn(4, 3, 64, 64)
    backbone.train()
    backbone(images).sum().backward()
    assert backbone.bn1.weight.grad is not None
    assert backbone.bn1.running_mean.abs().max() > 0
    backbone.eval()
    expected = backbone(images)
    freeze(backbone)
    assert kinds(backbone) == {FrozenBatchNorm2d}
    torch.testing.assert_close(backbone(images), expected, atol=1e-4, rtol=1e-4)


def test_what_is_saved_has_the_keys_that_lerobot_loads():
    backbone = frozen_backbone()
    thaw(backbone)
    freeze(backbone)
    assert backbone.state_dict().keys() == frozen_backbone().state_dict().keys()
    assert frozen_backbone().load_state_dict(backbone.state_dict())
