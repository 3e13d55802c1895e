"""What tries to move a real arm by what was permitted to something else; no row begins a rollout.

What is tried on the graph, against nodes that run, is in tests/system/test_attack_table.py.
"""

import argparse
from dataclasses import replace
from datetime import datetime, timedelta, UTC
import json

import pytest
from vla_contract.cli.command import write_json
from vla_contract.deployment.deployment import load_deployment
from vla_contract.errors import VlaError
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.wire.handshake import ServedIdentity
from vla_rollout.deployment.slow_start_file import load_slow_start, save_slow_start
from vla_rollout.deployment.supervised import SupervisedSlowStart
from vla_rollout.episodes.provenance import provenance
from vla_rollout.preflight.seal import sealed
from vla_rollout.preflight.subject import Subject

LOWEST = 0.1
URL = 'ws://gpu:8000'
CONFIG = '{"type": "act"}'


class Remote:
    """What a remote policy knows of its server."""

    def __init__(self, sha256: str) -> None:
        self.identity = ServedIdentity(sha256, sha256) if sha256 else None


class Desk:
    """An operator with a checklist that passed and a slow start that came to full speed."""

    def __init__(self, folder) -> None:
        self.args = argparse.Namespace(
            preflight=folder / 'preflight.json', slow_start=folder / 'state.yaml', soft=True
        )

    def passes(self, deployment, policy=None, **changes) -> dict:
        """Write both files for what runs; returns the facts of the run."""
        facts = provenance(deployment, identity_of(deployment, policy), 'none')
        subject = Subject.of(facts)
        values = {'passed': True, 'date': datetime.now(UTC).isoformat(), **facts, **changes}
        write_json(self.args.preflight, sealed(values))
        if subject.policy.sha256 and not self.args.slow_start.exists():
            state = load_slow_start(self.args.slow_start, subject)
            save_slow_start(self.args.slow_start, replace(state, step=4))
        return facts

    def assert_refused(self, facts, sentence) -> None:
        """See that no rollout begins, and that a new state begins at the lowest speed."""
        with pytest.raises(VlaError) as caught:
            SupervisedSlowStart.of(self.args, facts)
        said = str(caught.value)
        assert sentence in said
        assert '\n' not in said

    def assert_lowest(self, facts) -> None:
        """See that with a new checklist and a new file the arm begins at the lowest speed."""
        self.args.slow_start = self.args.slow_start.with_name('new.yaml')
        write_json(
            self.args.preflight,
            sealed({'passed': True, 'date': datetime.now(UTC).isoformat(), **facts}),
        )
        assert SupervisedSlowStart.of(self.args, facts).next_speed() == LOWEST


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def facts_of(deployment, policy=None):
    return provenance(deployment, identity_of(deployment, policy), 'none')


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Put commits of user/act into the hub's local cache, as its main."""
    cache = tmp_path / 'hub'
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(cache))

    def commit(revision: str, weights: bytes) -> None:
        repository = cache / 'models--user--act'
        folder = repository / 'snapshots' / revision
        folder.mkdir(parents=True)
        (folder / 'config.json').write_text(CONFIG)
        (folder / 'model.safetensors').write_bytes(weights)
        (repository / 'refs').mkdir(exist_ok=True)
        (repository / 'refs' / 'main').write_text(revision)

    return commit


def of_source(backend, source):
    deployment = load_deployment()
    policy = replace(deployment.policy, backend=backend, source=source)
    return replace(deployment, policy=policy)


def test_what_was_permitted_begins(desk):
    facts = desk.passes(load_deployment(backend='hold'))
    assert SupervisedSlowStart.of(desk.args, facts).next_speed() == 1.0


def test_other_remote_behind_the_same_url(desk):
    deployment = load_deployment(backend='remote', source=URL)
    desk.passes(deployment, Remote('a' * 64))
    facts = facts_of(deployment, Remote('b' * 64))
    desk.assert_refused(facts, 'something else: files of the policy (bbbbbbbb, not aaaaaaaa)')
    desk.assert_lowest(facts)


def test_hub_id_moved(desk, hub):
    deployment = of_source('lerobot', 'user/act')
    hub('1' * 40, b'old')
    desk.passes(deployment)
    hub('2' * 40, b'new')
    facts = facts_of(deployment)
    desk.assert_refused(facts, 'something else: files of the policy (')
    desk.assert_lowest(facts)


def test_replay_of_another_episode_or_of_an_edited_dataset(desk, tmp_path):
    dataset = tmp_path / 'dataset'
    for folder, name in (('meta', 'info.json'), ('data', '0.parquet')):
        (dataset / folder).mkdir(parents=True)
        (dataset / folder / name).write_text('{}')
    desk.passes(of_source('replay', f'{dataset}:0'))
    other = facts_of(of_source('replay', f'{dataset}:1'))
    desk.assert_refused(other, 'something else: files of the policy (')
    (dataset / 'data' / '0.parquet').write_text('other actions')
    edited = facts_of(of_source('replay', f'{dataset}:0'))
    desk.assert_refused(edited, 'something else: files of the policy (')
    desk.assert_lowest(edited)


def test_empty_hash(desk):
    """Of a remote that says nothing, beside a checklist of the same: '' is not equal to ''."""
    deployment = load_deployment(backend='remote', source=URL)
    facts = desk.passes(deployment, Remote(''))
    assert facts['policy_sha256'] == ''
    desk.assert_refused(facts, f'{URL} does not say what it serves')


def test_policy_host_that_does_not_say_what_it_serves(desk):
    desk.passes(load_deployment(backend='hold'))
    facts = facts_of(load_deployment(backend='remote', source=URL), Remote(''))
    desk.assert_refused(facts, f'{URL} does not say what it serves')


def test_edited_preflight_json(desk):
    facts = desk.passes(load_deployment(backend='hold'), passed=False)
    values = json.loads(desk.args.preflight.read_text())
    write_json(desk.args.preflight, {**values, 'passed': True})
    desk.assert_refused(facts, 'edited, or written on another machine')


def test_edited_deployment_state(desk):
    facts = desk.passes(load_deployment(backend='hold'))
    state = desk.args.slow_start
    state.write_text(state.read_text().replace('step: 4', 'step: 3'))
    desk.assert_refused(facts, 'state.yaml: edited, or written on another machine')
    desk.assert_lowest(facts)


def test_stale_preflight(desk):
    long_ago = (datetime.now(UTC) - timedelta(hours=13)).isoformat()
    facts = desk.passes(load_deployment(backend='hold'), date=long_ago)
    desk.assert_refused(facts, '13 hours old; allowed: 12; run preflight again')


def test_other_calibration(desk):
    deployment = load_deployment(backend='hold')
    desk.passes(deployment)
    facts = {**facts_of(deployment), 'calibration_ids': {'top': 'another'}}
    desk.assert_refused(facts, 'something else: calibration of camera top')
    desk.assert_lowest(facts)


def test_other_backend(desk):
    desk.passes(load_deployment(backend='hold'))
    facts = facts_of(load_deployment(backend='scripted'))
    desk.assert_refused(facts, 'something else: backend (scripted, not hold)')
    desk.assert_lowest(facts)


@pytest.mark.parametrize('passed', [True, False])
def test_broken_off_preflight(desk, passed):
    facts = desk.passes(load_deployment(backend='hold'), passed=passed, is_complete=False)
    desk.assert_refused(facts, 'was broken off; go on with it: preflight --resume')
