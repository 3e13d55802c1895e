from dataclasses import replace

from policy_changes import with_policy
import pytest
from vla_contract.errors import PolicyError
from vla_policy_server.identity import loading
from vla_policy_server.identity.loading import load_identified


@pytest.fixture
def mine(deployment, make_checkpoint, monkeypatch):
    """Return a checkpoint's folder, a deployment of it, and what happens while it is loaded."""
    folder, events = make_checkpoint('act'), []
    monkeypatch.setattr(loading, 'make_policy', lambda *_: [event() for event in events])
    return folder, with_policy(deployment, source=str(folder)), events


def test_a_policy_comes_with_its_identity(deployment):
    hold = with_policy(deployment, backend='hold')
    policy, identity = load_identified(hold, 'cpu')
    assert policy.needs_images is False
    assert identity.sha256
    assert load_identified(hold, 'cpu', expected=identity)[1] == identity


def test_files_that_change_while_they_are_loaded_are_refused(mine):
    folder, deployment, events = mine
    events.append(lambda: (folder / 'model.safetensors').write_bytes(b'other'))
    with pytest.raises(PolicyError, match='changed while it was loaded: wait'):
        load_identified(deployment, 'cpu')


def test_other_files_than_those_of_the_first_copy_are_refused(mine):
    folder, deployment, _ = mine
    _, first = load_identified(deployment, 'cpu')
    (folder / 'model.safetensors').write_bytes(b'other')
    with pytest.raises(PolicyError, match='not those that were loaded first'):
        load_identified(deployment, 'cpu', expected=first)
    unknown = replace(first, content_sha256='', unknown='not said')
    with pytest.raises(PolicyError, match=r'not those that were loaded first \(unknown\)'):
        load_identified(deployment, 'cpu', expected=unknown)


def test_a_newer_commit_that_comes_with_the_loading_is_what_was_loaded(mine, hub):
    _, deployment, events = mine
    deployment = with_policy(deployment, source='user/act')
    hub('user/act', '1' * 40, b'old')
    events.append(lambda: hub('user/act', '2' * 40, b'new'))
    assert load_identified(deployment, 'cpu')[1].revision == '2' * 40
