"""Flow-matching policies as graphs, through the backend, against LeRobot's own network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_checkpoints import deployment_of, SIZE, write_checkpoint
from tiny_language import shrink_pi, write_tokenizer
from vla_contract.errors import PolicyError
from vla_contract.values import CommittedPlan, Observation
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.precision.graph_folder import graph_folder

TOLERANCE = 1e-5  # [rad or m]
CAMERA = 'top'


@pytest.fixture(scope='module', params=['smolvla', 'pi0', 'pi05'])
def made(request, deployment, tmp_path_factory):
    """Return the deployment of a tiny flow-matching checkpoint whose graphs are kept."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv('HF_HUB_OFFLINE', '1')
        monkeypatch.setenv('VLA_WORKSPACE', str(folder))
        if request.param.startswith('pi'):
            write_tokenizer(folder / 'tokenizer')
            shrink_pi(monkeypatch, request.param, folder / 'tokenizer')
        made = deployment_of(deployment, folder / 'policy')
        write_checkpoint(made, request.param, folder / 'policy')
        yield made


@pytest.fixture(scope='module')
def eager(made):
    return make_policy(made, 'cpu')


@pytest.fixture(scope='module')
def runtimes(made):
    return {name: make_policy(made, 'cpu', name) for name in ('onnx', 'openvino')}


@pytest.fixture(params=['onnx', 'openvino'])
def graphs(runtimes, request):
    return runtimes[request.param]


def seen(deployment, seed: int, instruction: str = 'lift the cube') -> Observation:
    rng = np.random.default_rng(seed)
    image = np.kron(rng.integers(0, 256, (8, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    assert image.shape == (SIZE, SIZE, 3)
    state = deployment.cell.home + rng.normal(0.0, 0.01, len(deployment.cell.home))
    return Observation(7, state, {CAMERA: image}, instruction)


def ask(policy: Any, observation: Observation, seed: int = 0) -> Any:
    import torch

    torch.manual_seed(seed)
    return policy.infer(observation).positions


def away(first: Any, second: Any) -> float:
    return float(np.abs(first - second).max())


def test_graphs_answer_as_the_network(made, eager, graphs):
    for seed in range(3):
        observation = seen(made, seed)
        assert away(ask(graphs, observation, seed), ask(eager, observation, seed)) < TOLERANCE


def test_an_instruction_of_another_length_is_heard(made, eager, graphs):
    short, long = seen(made, 1, 'push'), seen(made, 1, 'put the red mug into the box')
    assert away(ask(graphs, short), ask(eager, short)) < TOLERANCE
    assert away(ask(graphs, long), ask(eager, long)) < TOLERANCE
    assert away(ask(graphs, short), ask(graphs, long)) > 10 * TOLERANCE


def test_image_state_and_noise_are_no_constants_of_the_graphs(made, graphs):
    first, other = seen(made, 1), seen(made, 2)
    answer = ask(graphs, first)
    assert away(answer, ask(graphs, replace(first, images=other.images))) > 10 * TOLERANCE
    assert away(answer, ask(graphs, replace(first, state=first.state + 0.3))) > 10 * TOLERANCE
    assert away(answer, ask(graphs, first, seed=1)) > 10 * TOLERANCE


def test_a_plan_is_continued_as_by_the_network(made, eager, graphs):
    observation = seen(made, 3)
    plan = np.tile(made.cell.home, (6, 1)) + 0.01 * np.arange(6)[:, None]
    going_on = replace(observation, committed=CommittedPlan(plan, 2))
    answers = [ask(policy, going_on) for policy in (graphs, eager)]
    assert away(*answers) < TOLERANCE
    assert away(answers[0], ask(make_policy(made, 'cpu'), observation)) > 10 * TOLERANCE


def test_the_weights_are_in_the_graphs_alone(graphs):
    assert not any(value.numel() for value in graphs.checkpoint.network.parameters())
    assert graphs.predictor.size_bytes > 1e5


def test_int8_graphs_are_refused(made):
    with pytest.raises(PolicyError, match='a transformer throughout; allowed for it: onnx'):
        make_policy(made, 'cpu', 'onnx_int8')


def test_an_interrupted_export_is_made_again(made, eager):
    folder = graph_folder(make_policy(made, 'cpu').checkpoint.network)
    make_policy(made, 'cpu', 'onnx')
    (folder / 'flow').rename(folder / 'flow.part')
    Path(folder / 'flow.part' / 'step.onnx').write_bytes(b'half')
    again = make_policy(made, 'cpu', 'onnx')
    observation = seen(made, 1)
    assert away(ask(again, observation), ask(eager, observation)) < TOLERANCE
