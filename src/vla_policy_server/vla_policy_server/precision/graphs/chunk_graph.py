"""A policy's network as one ONNX graph, made once per set of weights and checked against them."""

from pathlib import Path
from typing import Any

from vla_contract.errors import PolicyError
from vla_policy_server.precision.predictor import Batch, Network, tensors

# Both sides compute in float32, but sum in another order: a few 1e-6 in normalised units.
TOLERANCE = 1e-3
OUTPUT = 'chunk'


def chunk_graph(network: Network) -> Path:
    """Return the network's ONNX file; export it when there is none yet.

    Raises:
        PolicyError: the network cannot be exported, or the graph computes something else.
    """
    path = network.folder / 'network.onnx'
    if path.is_file():
        return path
    network.folder.mkdir(parents=True, exist_ok=True)
    # Written under another name first, so that an interrupted export is never loaded.
    part = path.with_name('part.onnx')
    _export(network, part)
    _check(network, part)
    part.replace(path)
    return path


def _export(network: Network, path: Path) -> None:
    """Trace the policy's own predict_action_chunk; processors stay LeRobot's."""
    import torch

    example = tensors(network.example)
    keys = list(example)

    class Call(torch.nn.Module):  # type: ignore[misc]
        """The policy as a function of its tensors in order, as the exporter wants it."""

        def __init__(self) -> None:
            super().__init__()
            self.policy = network.policy

        def forward(self, *values: Any) -> Any:
            return self.policy.predict_action_chunk(dict(zip(keys, values, strict=True)))

    with torch.no_grad():
        program = torch.onnx.export(
            Call().eval(),
            tuple(example.values()),
            dynamo=True,
            input_names=keys,
            output_names=[OUTPUT],
            verbose=False,
        )
    program.save(path)


def _check(network: Network, path: Path) -> None:
    """Compare graph and policy on the example and on another input.

    The other input shows what tracing has frozen into the graph; a policy that draws noise
    differs on both.
    """
    from onnxruntime import InferenceSession
    import torch

    session = InferenceSession(path, providers=['CPUExecutionProvider'])
    inputs = [value.name for value in session.get_inputs()]
    for batch in (tensors(network.example), another(tensors(network.example))):
        with torch.no_grad():
            expected = network.policy.predict_action_chunk(batch).cpu().numpy()
        found = session.run([OUTPUT], {name: batch[name].cpu().numpy() for name in inputs})[0]
        error = float(abs(found - expected).max())
        if not error <= TOLERANCE:
            raise PolicyError(
                f'the exported graph differs from the policy by {error:.2g} in normalised units '
                f'(allowed: {TOLERANCE:g}); of policies that draw noise, only flows are exported'
            )


def another(batch: Batch) -> Batch:
    """Return a batch of the same shapes with other numbers; whole numbers are only permuted."""
    import torch

    generator = torch.Generator().manual_seed(0)
    return {
        key: torch.randn(value.shape, generator=generator).to(value)
        if value.is_floating_point()
        else value.flip(-1)
        for key, value in batch.items()
    }
