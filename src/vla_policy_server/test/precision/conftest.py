"""A tiny ACT with a camera: every method runs on it in a moment."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from vla_lerobot.lerobot_import import quiet_lerobot
from vla_policy_server.precision.predictor import Network

STATE, IMAGE = 'observation.state', 'observation.images.top'


def tiny_policy(seed: int = 0):
    quiet_lerobot()
    from lerobot.configs import FeatureType, PolicyFeature
    from lerobot.policies.act.configuration_act import ACTConfig
    from lerobot.policies.act.modeling_act import ACTPolicy
    import torch

    torch.manual_seed(seed)
    config = ACTConfig(
        input_features={
            STATE: PolicyFeature(FeatureType.STATE, (8,)),
            IMAGE: PolicyFeature(FeatureType.VISUAL, (3, 32, 32)),
        },
        output_features={'action': PolicyFeature(FeatureType.ACTION, (8,))},
        device='cpu',
        push_to_hub=False,
        pretrained_backbone_weights=None,
        chunk_size=4,
        n_action_steps=2,
        dim_model=64,
        n_heads=2,
        dim_feedforward=128,
        n_encoder_layers=1,
        n_decoder_layers=1,
        use_vae=False,
        dropout=0.0,
    )
    return ACTPolicy(config).eval()


def observation(seed: int) -> dict:
    import torch

    generator = torch.Generator().manual_seed(seed)
    return {
        STATE: torch.randn(1, 8, generator=generator),
        IMAGE: torch.randn(1, 3, 32, 32, generator=generator),
        'task': ['lift the cube'],
        'info': {},
    }


@pytest.fixture(scope='session')
def observe():
    """Return a function: the pre-processed observation of a seed."""
    return observation


@pytest.fixture(scope='session')
def reference():
    return tiny_policy()


@pytest.fixture
def network(tmp_path) -> Network:
    return Network(tiny_policy(), observation(0), 'cpu', tmp_path)


@pytest.fixture(scope='session')
def exported(tmp_path_factory) -> Network:
    """Export once for all tests of graphs."""
    from vla_policy_server.precision.graphs.chunk_graph import chunk_graph

    folder: Path = tmp_path_factory.mktemp('graphs')
    calibration = [observation(seed) for seed in range(100, 108)]
    built = Network(tiny_policy(), observation(0), 'cpu', folder, calibration)
    chunk_graph(built)
    return built


@pytest.fixture(scope='session')
def difference(reference):
    """Return a function: the largest difference of a predictor to the policy, on new frames."""

    def largest(predictor) -> float:
        import torch

        worst = 0.0
        with torch.inference_mode():
            for seed in range(5):
                batch = observation(seed)
                expected = reference.predict_action_chunk(batch)
                found = predictor.predict_action_chunk(batch)
                assert found.dtype == torch.float32
                assert found.shape == (1, 4, 8)
                worst = max(worst, float((found - expected).abs().max()))
        return worst

    return largest


@pytest.fixture
def noisy_network(tmp_path) -> Network:
    """A network that draws noise, as flow matching and diffusion do."""
    import torch

    class Noisy(torch.nn.Module):
        config = SimpleNamespace()

        def predict_action_chunk(self, batch):
            return batch[STATE][:, None] + torch.randn(1, 4, 8)

    return Network(Noisy(), {STATE: torch.zeros(1, 8)}, 'cpu', tmp_path)
