from pathlib import Path

import pytest
from vla_contract.errors import VlaError
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.web.access import Access, RefusedError, token_of

JSON = {'Content-Type': 'application/json'}
HERE = {'Host': '127.0.0.1:8321', **JSON}
TABLET = {'Host': 'robot.lab:8321', 'Cookie': 'other=1; vla_token=a%2Bsecret', **JSON}


@pytest.fixture
def here():
    return Access(ServerSettings())


@pytest.fixture
def there():
    return Access(ServerSettings('0.0.0.0', 8321, 'a+secret', Path('cert.pem'), Path('key.pem')))


@pytest.mark.parametrize(
    ('token', 'certificate', 'missing'),
    [
        ('', None, 'no token (--web-token-file) and no certificate'),
        ('secret', None, 'no certificate'),
        ('', Path('cert.pem'), 'no token'),
    ],
)
def test_other_machines_need_token_and_tls(token, certificate, missing):
    with pytest.raises(VlaError) as refused:
        Access(ServerSettings('0.0.0.0', 8321, token, certificate))
    assert missing in str(refused.value)
    assert 'allowed: both, or 127.0.0.1' in str(refused.value)


@pytest.mark.parametrize('host', ['evil.example:8321', '127.0.0.1.evil.example', '', '[::2]:8321'])
def test_a_name_that_somebody_gave_this_machine_is_refused(here, host):
    here.require_press(HERE)
    with pytest.raises(RefusedError, match='only this machine') as refused:
        here.require({**HERE, 'Host': host})
    assert refused.value.status == 403


@pytest.mark.parametrize('origin', ['http://evil.example', 'null', 'https://127.0.0.1:8321', ''])
def test_a_page_of_another_site_presses_nothing(here, origin):
    here.require_press({**HERE, 'Origin': 'http://127.0.0.1:8321'})
    with pytest.raises(RefusedError, match='may not press buttons here'):
        here.require_press({**HERE, 'Origin': origin})


@pytest.mark.parametrize('kind', ['text/plain', 'application/x-www-form-urlencoded', ''])
def test_what_forms_of_other_sites_can_send_is_refused(here, kind):
    with pytest.raises(RefusedError, match='application/json') as refused:
        here.require_press({**HERE, 'Content-Type': kind})
    assert refused.value.status == 415


@pytest.mark.parametrize(
    'cookie',
    ['', 'vla_token=', 'vla_token=a%2Bsecre', 'vla_token=A%2BSECRET', 'token=a%2Bsecret', '=;'],
)
def test_without_the_token_nothing_is_shown(there, cookie):
    there.require_press({**TABLET, 'Origin': 'https://robot.lab:8321'})
    with pytest.raises(RefusedError, match='open the page with its token') as refused:
        there.require({**TABLET, 'Cookie': cookie})
    assert refused.value.status == 401


def test_the_token_is_in_the_address():
    assert token_of('/?token=a%2Bsecret') == 'a+secret'
    assert token_of('/') == token_of('/?other=1') == ''
