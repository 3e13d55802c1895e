"""Where a worker listens and whom it answers: loopback, and behind a token elsewhere."""

from dataclasses import dataclass
import ipaddress
import logging
import os
from pathlib import Path
import ssl
import stat

from vla_policy_server.wire.errors import WireError

_LOG = logging.getLogger(__name__)
# Shorter ones can be guessed over the network; docs/remote.md makes one of 44.
_TOKEN_CHARACTERS = 16


@dataclass(frozen=True)
class ServerSettings:
    """How a worker is reached.

    Attributes:
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        token: what clients must send; empty asks for none.
        tls_certificate: certificate chain, PEM; None serves without TLS.
        tls_key: its private key, PEM.
        max_clients: connections at a time.
        idle_s: silence after which a client's place goes to another that wants it [s].
    """

    host: str = '127.0.0.1'
    port: int = 8000
    token: str = ''
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    max_clients: int = 32
    idle_s: float = 60.0

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == 'localhost'

    def require_safe(self) -> None:
        """Refuse to open a policy to a network without a token.

        Raises:
            WireError: other machines could connect and there is no token.
        """
        if not self.is_loopback and not self.token:
            raise WireError(
                f'host {self.host} lets other machines connect, and there is no token; allowed: '
                '127.0.0.1, or a token (--token-file)'
            )

    @property
    def risks(self) -> tuple[str, ...]:
        """What others on the network could do, one sentence each; empty on loopback."""
        if self.is_loopback:
            return ()
        found = []
        if self.tls_certificate is None:
            found.append(
                f'host {self.host} without TLS: whoever is on the network reads the token and the '
                'images, and can answer in the place of this worker; give --tls-certificate and '
                '--tls-key, or use a network of your own'
            )
        if len(self.token) < _TOKEN_CHARACTERS:
            found.append(
                f'the token has {len(self.token)} characters and can be guessed; make one of '
                f'{_TOKEN_CHARACTERS} or more'
            )
        return tuple(found)

    def tls_context(self) -> ssl.SSLContext | None:
        """Return the context to serve with, None without TLS.

        Raises:
            WireError: the certificate or its key is missing or does not fit.
        """
        if self.tls_certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.tls_certificate, self.tls_key)
        except (OSError, ssl.SSLError) as error:
            raise WireError(
                f'certificate {self.tls_certificate} cannot be used: {error}'
            ) from error
        return context


def read_token(path: Path | None) -> str:
    """Return the token in a file, without white space around it; empty without a file.

    A file that other users of this machine can read is used, with a warning.

    Raises:
        WireError: the file is missing or empty, or other users can write it.
    """
    if path is None:
        return ''
    try:
        with path.expanduser().open(encoding='utf-8') as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WireError(f'token file {path} cannot be read: {error}') from None
    if not token:
        raise WireError(f'token file {path} is empty')
    advice = f'found mode {mode:o}; allowed: 600 (chmod 600 {path})'
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise WireError(f'token file {path} can be written by other users: {advice}')
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        _LOG.warning('token file %s can be read by other users: %s', path, advice)
    return token
