"""What is shipped runs: the policy of every deployment passes the self-test of the node."""

import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.description.locating import model_path
from vla_contract.errors import ResourceNotFoundError
from vla_contract.share import config_names, model_names
from vla_policy_server.backends.registry import make_policy
from vla_policy_server.self_test.checks import require_sound
from vla_policy_server.self_test.subject import subject_of


@pytest.mark.parametrize('deployment', config_names('deployments'))
def test_a_deployment_runs_a_sound_policy(deployment):
    found = load_deployment(deployment)
    model = found.cell.robot.model
    for file in (file for file in (model, *model.parts) if file.format):
        try:
            model_path(file)
        except ResourceNotFoundError as error:
            pytest.skip(f'see docs/robots.md: {error}')
    check(found)


@pytest.mark.parametrize('model', model_names())
def test_a_model_is_sound(model):
    check(load_deployment(policy=model))


def check(deployment) -> None:
    policy = make_policy(deployment, 'cpu')
    if policy.needs_images:
        require_sound(subject_of(deployment, policy))
