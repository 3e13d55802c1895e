"""Train a backbone that LeRobot keeps frozen: batch norms that learn, frozen again when saved.

LeRobot builds ACT's ResNet with `FrozenBatchNorm2d`, which is right for pretrained weights. From
scratch its statistics stay 0 and 1: the network has no normalisation at all, learns one scene
nevertheless, and a hundred looks of it hardly.
"""

from torch import nn
from torchvision.ops.misc import FrozenBatchNorm2d

_SHARED = ('weight', 'bias', 'running_mean', 'running_var')


def thaw(module: nn.Module) -> None:
    """Replace every frozen batch norm within a module by a learning one of the same values."""
    for name, child in module.named_children():
        if isinstance(child, FrozenBatchNorm2d):
            learning = nn.BatchNorm2d(len(child.weight), eps=child.eps)
            learning.load_state_dict({key: getattr(child, key) for key in _SHARED}, strict=False)
            setattr(module, name, learning)
        else:
            thaw(child)


def freeze(module: nn.Module) -> None:
    """Replace every batch norm within a module by a frozen one of the same values.

    The result computes what the module computed in evaluation mode.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=child.eps)
            frozen.load_state_dict({key: getattr(child, key).detach() for key in _SHARED})
            setattr(module, name, frozen)
        else:
            freeze(child)
