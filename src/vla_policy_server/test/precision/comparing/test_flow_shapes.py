import pytest
from vla_policy_server.precision.comparing.flow_shapes import FLOW_SHAPES


# What LeRobot's training logs as num_total_params of lerobot/smolvla_base and lerobot/pi05_base.
@pytest.mark.parametrize(
    ('shape', 'published'),
    [('smolvla-450m-shape', 450_046_176), ('pi05-3b-shape', 3_616_757_520)],
)
def test_a_shape_has_as_many_weights_as_the_published_policy(shape, published, monkeypatch):
    import torch

    # Weights without memory stay where they are.
    monkeypatch.setattr(torch.nn.Module, 'to', lambda module, *_, **__: module)
    with torch.device('meta'):
        policy = FLOW_SHAPES[shape]('cpu')
    for name, part in policy.named_modules():
        if name.endswith('.paligemma'):
            part.tie_weights()  # transformers leaves that out where there is no memory
    assert sum(value.numel() for value in policy.parameters()) == published
