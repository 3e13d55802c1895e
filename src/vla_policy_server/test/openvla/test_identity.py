from dataclasses import replace

from vla_policy_server.openvla.identity import openvla_identity
from vla_policy_server.openvla.policy import OpenVlaSettings
from vla_policy_server.wire.handshake import read_identity

SETTINGS = OpenVlaSettings('bridge_orig')


def say(folder, settings=SETTINGS):
    return read_identity(openvla_identity(str(folder), None, 'nf4', settings))


def test_weights_code_and_statistics_in_use_are_the_identity(tmp_path):
    (tmp_path / 'model.safetensors').write_bytes(b'weights')
    (tmp_path / 'config.json').write_text('{}')
    found = [say(tmp_path)]
    assert found[0].precision == 'nf4'
    found.append(say(tmp_path, replace(SETTINGS, center_crop=True)))
    assert found[0].content_sha256 == found[1].content_sha256
    found.append(say(tmp_path, OpenVlaSettings('fractal')))
    (tmp_path / 'modeling_prismatic.py').write_text('code')
    found.append(say(tmp_path))
    assert len({served.sha256 for served in found}) == 4


def test_a_checkpoint_without_files_here_is_not_named(tmp_path):
    assert say(tmp_path) is None
    assert say('user/no_such_checkpoint') is None
