import argparse

import pytest
from vla_contract.errors import VlaError
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.web.arguments import add_web, web_settings


def settings_of(*words):
    parser = argparse.ArgumentParser()
    add_web(parser)
    return web_settings(parser.parse_args(words))


def test_a_page_is_of_this_machine_unless_it_is_told_otherwise():
    assert settings_of() is None
    assert settings_of('--web') == ServerSettings(port=8321)
    assert settings_of('--web', '0') == ServerSettings(port=0)


@pytest.mark.parametrize('port', ['-1', '70000', 'x', '1.5'])
def test_a_port_is_one(port, capsys):
    with pytest.raises(SystemExit):
        settings_of('--web', port)
    assert '--web' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--web-host', '0.0.0.0'], '--web-host: found no page that it is for'),
        (['--web-token-file', 'token'], '--web-token-file: found no page'),
        (['--web', '--web-host', '0.0.0.0'], 'found no token'),
        (['--web', '--web-token-file', 'nowhere'], 'token file nowhere cannot be read'),
        (['--web', '--web-certificate', 'none.pem'], 'certificate none.pem cannot be used'),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(words, said):
    with pytest.raises(VlaError, match=said):
        settings_of(*words)
