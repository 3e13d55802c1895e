from policy_changes import with_policy
import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.worker.policy_copies import PolicyCopies

MODULE = 'vla_policy_server.backends.hold:make_hold'


@pytest.fixture
def weights(tmp_path):
    """Return the file of a policy that is ours but for its module."""
    file = tmp_path / 'model.safetensors'
    file.write_bytes(b'weights')
    return file


@pytest.fixture
def mine(deployment, weights):
    return with_policy(deployment, backend=MODULE, source=str(weights.parent))


def test_a_copy_of_other_files_than_the_first_is_refused(mine, weights):
    copies = PolicyCopies(mine, 'cpu', '')
    copies()
    copies()
    assert copies.identity == identity_of(mine)
    weights.write_bytes(b'other weights')
    with pytest.raises(PolicyError, match='not those that were loaded first'):
        copies()


def test_copies_in_other_processes_compare_their_files_with_those_here(mine, weights):
    copies = PolicyCopies(mine, 'cpu', '')
    copies.identify_ahead()
    assert copies.identity == identity_of(mine)
    weights.write_bytes(b'those of another machine')
    with pytest.raises(PolicyError, match='not those that were loaded first'):
        copies()


def test_what_cannot_be_told_ahead_is_told_by_the_first_copy(deployment):
    copies = PolicyCopies(with_policy(deployment, backend='remote', source='ws://x:1'), 'cpu', '')
    copies.identify_ahead()
    assert copies.identity is None
