"""Which policy a GR00T server runs, as far as it says: its modalities, and what its owner adds."""

from vla_contract.deployment.meaning import meaning_sha256
from vla_policy_server.wire.errors import MessageRefusedError
from vla_policy_server.wire.gr00t.connection import Gr00tConnection
from vla_policy_server.wire.gr00t.modalities import Modalities
from vla_policy_server.wire.handshake import read_identity, ServedIdentity

ENDPOINT = 'get_identity'
"""An endpoint that Isaac-GR00T's server has not, and whose owner can register."""


def served_identity(
    connection: Gr00tConnection, modalities: Modalities, within_s: float
) -> ServedIdentity | None:
    """Return what a server runs, None where it does not say its weights.

    The same weights serve several embodiments, so the modalities count too.

    Raises:
        WireError: there is no answer in time.
    """
    try:
        said = connection.call(ENDPOINT, None, within_s)
    except MessageRefusedError:
        return None
    stated = read_identity({'identity': said})
    if stated is None:
        return None
    return ServedIdentity(
        meaning_sha256([stated.sha256, modalities]),
        meaning_sha256([stated.content_sha256, modalities]),
        stated.precision,
    )


def known_of(modalities: Modalities) -> str:
    """Return what is known of a server that does not say its weights, for records."""
    return f'its modalities have sha256 {meaning_sha256(modalities):.12}, of its weights nothing'
