"""A flow as two ONNX graphs, made once per set of weights and checked against them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
import shutil
from typing import Any, NamedTuple

from vla_contract.errors import PolicyError
from vla_policy_server.precision.flow.graph_flow import (
    GraphFlow,
    installed,
    SAMPLE,
    TIME,
    VELOCITY,
)
from vla_policy_server.precision.flow.network import arguments, observed, replaced
from vla_policy_server.precision.graphs.chunk_graph import another, TOLERANCE
from vla_policy_server.precision.graphs.onnx_runner import OnnxRunner, provider_of
from vla_policy_server.precision.predictor import Batch, Network, tensors

_CACHE = 'past_key_values'
_Compute = Callable[[Any, Mapping[str, Any]], dict[str, Any]]


class FlowGraphs(NamedTuple):
    """Two files; the outputs of the first are inputs of the second."""

    prefix: Path
    step: Path


def flow_graphs(network: Network) -> FlowGraphs:
    """Return the graphs of a flow; export them when there are none yet.

    Inputs of the prefix are those of `observed`. The step takes what the prefix has computed, the
    sample, shape (1, T, A), and the time, shape (1,), from 1 for noise to 0 for actions.

    Raises:
        PolicyError: the network cannot be exported, or the graphs compute something else.
    """
    folder = network.folder / 'flow'
    if not folder.is_dir():
        # Written under another name first, so that an interrupted export is never loaded.
        part = network.folder / 'flow.part'
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _export(network, _files(part))
        _check(network, _files(part))
        part.rename(folder)
    return _files(folder)


def _files(folder: Path) -> FlowGraphs:
    return FlowGraphs(folder / 'prefix.onnx', folder / 'step.onnx')


def _export(network: Network, files: FlowGraphs) -> None:
    """Trace LeRobot's own code on both sides of the cut."""
    import torch

    config, model = network.policy.config, network.policy.model
    noise = torch.zeros(1, config.chunk_size, config.max_action_dim, device=network.device)
    with torch.no_grad():
        seen = observed(network.policy, tensors(network.example))
        conditions = _save(partial(_prefix, noise=noise), model, seen, files.prefix)
        time = torch.ones(1, device=network.device)
        _save(_step, model, {**conditions, SAMPLE: noise, TIME: time}, files.step)


def _save(compute: _Compute, model: Any, inputs: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Write what a function computes of a network and named tensors, and return it."""
    import torch

    class Call(torch.nn.Module):  # type: ignore[misc]
        """The function of tensors in order, as the exporter wants it."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: Any) -> Any:
            return tuple(compute(self.model, dict(zip(inputs, values, strict=True))).values())

    computed = compute(model, inputs)
    program = torch.onnx.export(
        Call().eval(),
        tuple(inputs.values()),
        dynamo=True,
        input_names=list(inputs),
        output_names=list(computed),
        verbose=False,
    )
    # The weights go beside the graph, which may not have more than 2 GB itself.
    program.save(path, external_data=True)
    return computed


def _prefix(model: Any, values: Mapping[str, Any], noise: Any) -> dict[str, Any]:
    """Return what the denoising step is given beside sample and time, by name."""
    given: dict[str, Any] = {}

    def denoise_step(x_t: Any, timestep: Any, **conditions: Any) -> Any:
        given.update(conditions)
        return x_t

    with replaced(model, 'denoise_step', denoise_step):
        model.sample_actions(*arguments(values), noise=noise)
    layers = given.pop(_CACHE).layers
    # Copies: an exporter takes no input for an output.
    conditions = {name: value.clone() for name, value in given.items()}
    for number, layer in enumerate(layers):
        conditions |= {f'key_{number}': layer.keys, f'value_{number}': layer.values}
    return conditions


def _step(model: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the velocity of the sample."""
    from transformers import DynamicCache

    rest = dict(values)
    sample, time, cache = rest.pop(SAMPLE), rest.pop(TIME), DynamicCache()
    for number in range(sum(name.startswith('key_') for name in values)):
        cache.update(rest.pop(f'key_{number}'), rest.pop(f'value_{number}'), number)
    rest[_CACHE] = cache
    return {VELOCITY: model.denoise_step(x_t=sample, timestep=time, **rest)}


def _check(network: Network, files: FlowGraphs) -> None:
    """Compare graphs and network from the same noise, on the example and on another input.

    The other input shows what tracing has frozen into the graphs.
    """
    import torch

    policy = network.policy
    batches = [tensors(network.example), another(tensors(network.example))]
    with torch.no_grad():
        expected = [_chunk(policy, batch) for batch in batches]
        provider = provider_of(network.device)
        prefix, step = (OnnxRunner(file, network.device, provider) for file in files)
        with installed(policy, GraphFlow(policy, prefix, step), network.device):
            found = [_chunk(policy, batch) for batch in batches]
    error = max(float((a - b).abs().max()) for a, b in zip(expected, found, strict=True))
    if not error <= TOLERANCE:
        raise PolicyError(
            f'the exported graphs differ from the policy by {error:.2g} in normalised units '
            f'(allowed: {TOLERANCE:g})'
        )


def _chunk(policy: Any, batch: Batch) -> Any:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return policy.predict_action_chunk(dict(batch))
