from dataclasses import replace
import importlib
import sys
from types import SimpleNamespace

from policy_changes import with_policy
import pytest
from vla_contract.deployment.deployment import load_deployment
from vla_contract.share import find_model
from vla_policy_server.identity.checkpoint_content import checkpoint_content
from vla_policy_server.identity.identify import identity_of
from vla_policy_server.wire.handshake import ServedIdentity


class Loaded:
    """What a loaded policy says about itself."""

    def __init__(self, precision='', identity=None, folder=None) -> None:
        self.precision, self.identity = precision, identity
        self.checkpoint = SimpleNamespace(folder=folder)


def test_the_shipped_policy_is_known(deployment):
    identity = identity_of(deployment, precision='fp32')
    assert identity.sha256
    assert identity.unknown == ''
    assert identity.content_sha256 == checkpoint_content('panda_lift_act').sha256
    assert (identity.policy, identity.backend) == ('panda_lift_act', 'lerobot')
    assert (identity.source, identity.precision) == ('panda_lift_act', 'fp32')
    assert identity.cell_sha256 == deployment.cell.sha256
    assert identity.deployment_sha256 == deployment.sha256


def test_the_precision_is_what_the_loaded_policy_has(deployment):
    assert identity_of(deployment, Loaded('int8'), 'auto').precision == 'int8'
    assert identity_of(deployment, Loaded(), 'fp32').precision == 'fp32'


def test_name_and_place_do_not_count_but_the_meaning_of_the_numbers_does(deployment, tmp_path):
    first = identity_of(deployment)
    (tmp_path / 'copy').symlink_to(find_model('panda_lift_act'))
    moved = with_policy(deployment, name='copy', source=str(tmp_path / 'copy'))
    assert identity_of(moved).sha256 == first.sha256
    assert identity_of(with_policy(deployment, rate_hz=5.0)).sha256 != first.sha256
    camera = replace(deployment.policy.cameras[0], resize='stretch')
    assert identity_of(with_policy(deployment, cameras=(camera,))).sha256 != first.sha256


def test_a_checkpoint_of_the_hub_has_its_revision(deployment, hub):
    source = with_policy(deployment, source='user/act')
    assert identity_of(source).sha256 == ''
    hub('user/act', '1' * 40, b'old')
    assert identity_of(source).revision == '1' * 40
    assert identity_of(source).sha256


def test_what_counts_is_the_folder_that_was_loaded_though_the_hub_has_moved_on(
    deployment, hub, tmp_path
):
    source = with_policy(deployment, source='user/act')
    hub('user/act', '1' * 40, b'old')
    loaded = Loaded(folder=tmp_path / 'hub/models--user--act/snapshots' / ('1' * 40))
    old = identity_of(source)
    hub('user/act', '2' * 40, b'new')
    assert identity_of(source, loaded) == old
    assert identity_of(source).sha256 != old.sha256


@pytest.mark.parametrize('backend', ['hold', 'scripted'])
def test_backends_of_code_alone_are_known(backend):
    deployment = load_deployment(policy=backend)
    identity = identity_of(deployment)
    assert identity.sha256
    assert identity.content_sha256 != identity_of(load_deployment()).content_sha256


def test_hold_and_scripted_are_two_policies():
    found = {identity_of(load_deployment(backend=name)).sha256 for name in ('hold', 'scripted')}
    assert len(found) == 2


def test_a_replay_is_its_dataset_and_its_episode(deployment, tmp_path):
    def replay(episode):
        return identity_of(
            with_policy(deployment, backend='replay', source=f'{tmp_path}{episode}')
        )

    assert replay('').unknown == f"there is no dataset in '{tmp_path}'"
    (tmp_path / 'meta').mkdir()
    (tmp_path / 'meta' / 'info.json').write_text('{}')
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / '0.parquet').write_bytes(b'actions')
    first = replay(':0')
    assert first.sha256
    assert replay('').sha256 == first.sha256
    assert replay(':1').sha256 != first.sha256
    (tmp_path / 'data' / '0.parquet').write_bytes(b'others')
    assert replay(':0').sha256 != first.sha256


def test_a_factory_is_its_module_and_its_source(deployment, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    module, files = tmp_path / 'my_policy_module.py', tmp_path / 'files'
    module.write_text('make = 1')
    files.mkdir()
    mine = with_policy(deployment, backend='my_policy_module:make', source=str(files))
    found = [identity_of(mine).sha256]
    module.write_text('make = 22')
    found.append(identity_of(mine).sha256)
    (files / 'model.safetensors').write_bytes(b'weights')
    found.append(identity_of(mine).sha256)
    found.append(identity_of(with_policy(mine, source='')).sha256)
    found.append(identity_of(with_policy(mine, source=str(module))).sha256)
    assert len(set(found)) == 5
    assert all(found)
    assert 'my_policy_module' not in sys.modules


def test_a_module_in_use_stays_what_it_was_when_it_was_imported(deployment, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / 'module_in_use.py'
    module.write_text('make = 1')
    mine = with_policy(deployment, backend='module_in_use:make')
    importlib.import_module('module_in_use')
    first = identity_of(mine).sha256
    module.write_text('make = 22')
    assert identity_of(mine).sha256 == first


@pytest.mark.parametrize(
    ('backend', 'reason'),
    [
        ('no_such_module:make', "module 'no_such_module' cannot be found"),
        ('no_such.module:make', "module 'no_such.module' cannot be found"),
        (':make', "module '' cannot be found"),
        ('sys:exit', "module 'sys' cannot be found"),
        ('no_such_backend', "backend 'no_such_backend' is not in vla_backends"),
    ],
)
def test_a_backend_that_is_not_there_is_unknown(deployment, backend, reason):
    identity = identity_of(with_policy(deployment, backend=backend))
    assert identity.sha256 == ''
    assert reason in identity.unknown


def test_a_remote_policy_is_what_its_server_says(deployment):
    far = with_policy(deployment, backend='remote', source='ws://127.0.0.1:1')
    served = ServedIdentity('a' * 64, 'b' * 64, 'int8')
    first = identity_of(far, Loaded(identity=served), 'auto')
    assert first.sha256
    assert (first.content_sha256, first.precision) == ('b' * 64, 'int8')
    # The server's own backend and policy file count as well as its files do.
    for other in (replace(served, sha256='c' * 64), replace(served, content_sha256='c' * 64)):
        assert identity_of(far, Loaded(identity=other)).sha256 != first.sha256
    elsewhere = with_policy(far, source='ws://127.0.0.1:2')
    assert identity_of(elsewhere, Loaded(identity=served)).sha256 == first.sha256


@pytest.mark.parametrize('policy', [None, Loaded(), Loaded(identity='a' * 64)])
def test_a_server_that_says_nothing_is_unknown(deployment, policy):
    far = with_policy(deployment, backend='remote', source='ws://127.0.0.1:1')
    identity = identity_of(far, policy)
    assert identity.sha256 == ''
    assert identity.unknown.startswith('ws://127.0.0.1:1 does not say what it serves')


def test_only_a_remote_policy_speaks_for_itself(deployment):
    served = ServedIdentity('a' * 64, 'b' * 64)
    assert identity_of(deployment, Loaded(identity=served)) == identity_of(deployment)
