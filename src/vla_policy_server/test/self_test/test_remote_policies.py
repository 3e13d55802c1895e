"""A policy behind a server is looked at like one that is loaded here, as far as it can be."""

from collections.abc import Callable
import re
from typing import Any

import numpy as np
from openpi_server import openpi_server
from policy_changes import with_policy
import pytest
from vla_contract.check import Status
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.backends.remote import RemotePolicy
from vla_policy_server.backends.remote_config import RemoteConfig
from vla_policy_server.self_test.check_policy import main
from vla_policy_server.self_test.checks import run_checks
from vla_policy_server.self_test.sensitivity import images_matter, instruction_matters
from vla_policy_server.self_test.subject import Subject, subject_of
from vla_policy_server.worker.inference_engine import LocalEngine
from vla_policy_server.worker.policy_service import PolicyService


def answering(
    image: float = 0.0, prompt: float = 0.0, noise: float = 0.0
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a policy that goes to the state, by so much more for each of its inputs [rad]."""

    rng = np.random.default_rng(2)

    def policy(message: dict[str, Any]) -> dict[str, Any]:
        more = image * message['observation.images.top'].mean() / 255.0
        more += prompt * len(message.get('prompt', '')) + noise * rng.random()
        return {'actions': np.tile(message['observation.state'] + more, (4, 1))}

    return policy


def asked(deployment: Any, look: Any, metadata: Any = None, **policy: float) -> Any:
    with openpi_server(answering(**policy), metadata or {}) as url:
        far = RemotePolicy(deployment, RemoteConfig(url))
        status, found = look(Subject(deployment, far))
        far.close()
    return status, found


@pytest.mark.parametrize(
    ('policy', 'metadata', 'status', 'said'),
    [
        ({'prompt': 0.1}, {}, Status.OK, 'changes the answer by'),
        ({'prompt': 0.1, 'noise': 0.01}, {}, Status.OK, 'changes the answer by'),
        ({}, {}, Status.WARN, 'by 0 of a range, and the server does not say whether its policy'),
        ({}, {'takes_instruction': True}, Status.FAIL, 'changes the answer by 0 of a range'),
        ({}, {'takes_instruction': False}, Status.SKIP, 'the policy takes no instruction'),
        ({'noise': 0.3}, {}, Status.WARN, r'asking again by \S+: no more than its noise'),
    ],
)
def test_whether_a_server_hears_the_instruction_is_asked(
    deployment, policy, metadata, status, said
):
    found = asked(deployment, instruction_matters, metadata, **policy)
    assert found[0] is status
    assert re.search(said, found[1])


@pytest.mark.parametrize(
    ('policy', 'status'),
    [
        ({'image': 0.5}, Status.OK),
        ({'image': 0.5, 'noise': 0.01}, Status.OK),
        ({}, Status.FAIL),
        ({'noise': 0.3}, Status.WARN),
    ],
)
def test_noise_of_a_server_is_not_taken_for_sight(deployment, policy, status):
    assert asked(deployment, images_matter, **policy)[0] is status


def test_our_worker_says_whether_its_policy_takes_an_instruction(deployment, serve):
    near = make_policy(deployment, 'cpu')
    server = serve(PolicyService(deployment, LocalEngine(lambda: near, 8)))
    far = RemotePolicy(deployment, RemoteConfig(server.url))
    assert far.takes_instruction is False
    verdicts = {check.name: check for check in run_checks(subject_of(deployment, far))}
    assert verdicts['instruction'].status is Status.SKIP
    assert verdicts['images'].status is Status.OK
    far.close()


def test_a_remote_that_needs_privileged_values_is_not_asked_without_them(
    deployment, serve, capsys, tmp_path
):
    class Privileged:
        needs_images, needs_extras = False, ('cube_pose',)

    server = serve(PolicyService(deployment, LocalEngine(Privileged, 8)))
    remote = tmp_path / 'remote.yaml'
    remote.write_text(f'url: {server.url}\n')
    far = with_policy(deployment, backend='remote', source=str(remote))
    [check] = run_checks(subject_of(far, make_policy(far, 'cpu')))
    assert check.status is Status.SKIP
    assert 'the policy reads cube_pose, which only a simulation knows' in check.found
    assert main(['--backend', 'scripted']) == 0
    assert 'reads cube_pose' in capsys.readouterr().out


def test_a_policy_without_images_is_blind(capsys):
    assert main(['--backend', 'hold']) == 1
    assert 'FAIL  images' in capsys.readouterr().out.replace('fail', 'FAIL')
