"""Where a policy server is, and how a connection to it is opened."""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
import socket
import ssl
import struct

from vla_policy_server.wire.errors import UnreachableError, WireError
from websockets.exceptions import (
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.sync.client import ClientConnection, connect

# A closing handshake with a server that no longer answers would hold the robot up.
_CLOSE_WITHIN_S = 0.2


@dataclass(frozen=True)
class Endpoint:
    """Where a server is and how it is spoken to.

    Attributes:
        url: ws:// or wss:// address.
        token: what it asks for; empty sends none.
        tls_ca: certificate to trust instead of the system's; None trusts those.
        answer_within_s: time after which an answer is of no use [s].
    """

    url: str
    token: str = ''
    tls_ca: Path | None = None
    answer_within_s: float = 2.0


def dial(endpoint: Endpoint, max_bytes: int) -> ClientConnection:
    """Open a connection.

    Raises:
        UnreachableError: there is no server, or it is full.
        WireError: the address is none, the token or the certificate is refused.
    """
    url, token = endpoint.url, endpoint.token
    try:
        connection = connect(
            url,
            ssl=_tls_context(endpoint),
            additional_headers={'Authorization': f'Api-Key {token}'} if token else None,
            compression=None,
            proxy=None,  # images go to the server directly
            max_size=max_bytes,
            # openpi's server answers no ping while it thinks; the deadline of answers sees a
            # server that is gone.
            ping_interval=None,
            open_timeout=endpoint.answer_within_s,
            close_timeout=_CLOSE_WITHIN_S,
            legacy=True,  # a connection that outlives this function
        )
    except InvalidURI as error:
        raise WireError(f'{error}; allowed: ws://host:port or wss://host:port') from None
    except InvalidStatus as refusal:
        body = (refusal.response.body or b'').decode(errors='replace').strip()
        kind = WireError
        if refusal.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            kind = UnreachableError
        raise kind(f'{url} refused the connection: {body:.200}') from None
    except ssl.SSLCertVerificationError as error:
        raise WireError(f'{url}: its certificate is not trusted: {error}') from None
    except (OSError, WebSocketException, AssertionError) as error:
        # websockets fails an assertion where a server speaks first, as those of ssh do.
        is_other = isinstance(error, InvalidMessage | AssertionError) or 'handshake' in str(error)
        why = 'something listens there that speaks no websocket' if is_other else error
        raise UnreachableError(f'{url} is not there: {why}') from None
    except (ValueError, OverflowError) as error:  # a port above 65535, a lone [
        raise WireError(f'{url}: {error}; allowed: ws://host:port or wss://host:port') from None
    try:
        _limit_sending(connection.socket, endpoint.answer_within_s)
    except OSError as error:  # closed right after the handshake
        connection.close()
        raise UnreachableError(f'{url} closed the connection: {error}') from None
    return connection


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if not endpoint.url.startswith('wss://'):
        return None
    try:
        return ssl.create_default_context(cafile=endpoint.tls_ca)
    except (OSError, ssl.SSLError) as error:
        raise WireError(f'certificate {endpoint.tls_ca} cannot be used: {error}') from None


def _limit_sending(connection: socket.socket, seconds: float) -> None:
    """Let sending fail instead of blocking for ever when a server no longer reads."""
    limit = struct.pack('ll', int(seconds), int(seconds % 1.0 * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
