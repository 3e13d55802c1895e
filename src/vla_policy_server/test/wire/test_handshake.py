import pytest
from vla_policy_server.wire.handshake import read_identity, ServedIdentity

HASH, FILES = 'a' * 64, 'b' * 64


def test_what_a_server_says_is_read():
    served = ServedIdentity(HASH, FILES, 'int8')
    assert read_identity({'identity': served.write()}) == served


def test_a_hash_alone_stands_for_the_files_too():
    assert read_identity({'identity': {'sha256': HASH}}) == ServedIdentity(HASH, HASH)


@pytest.mark.parametrize(
    'metadata',
    [
        {},
        {'identity': HASH},
        {'identity': {}},
        {'identity': {'sha256': ''}},
        {'identity': {'sha256': 'a' * 63}},
        {'identity': {'sha256': HASH + '\n'}},
        {'identity': {'sha256': 'A' * 64}},
        {'identity': {'sha256': HASH, 'content_sha256': ''}},
        {'identity': {'sha256': 7, 'content_sha256': FILES}},
    ],
)
def test_what_is_not_clear_is_not_said(metadata):
    assert read_identity(metadata) is None


@pytest.mark.parametrize(('said', 'read'), [(7, ''), ('x' * 1000, 'x' * 80)])
def test_the_precision_is_a_short_text(said, read):
    served = read_identity({'identity': {'sha256': HASH, 'precision': said}})
    assert served == ServedIdentity(HASH, HASH, read)
