"""Where a worker listens and whom it answers: loopback, and behind a token elsewhere."""

from dataclasses import dataclass
import ipaddress
from pathlib import Path
import ssl

from vla_policy_server.wire.errors import WireError


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
    """

    host: str = '127.0.0.1'
    port: int = 8000
    token: str = ''
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    max_clients: int = 32

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

    Raises:
        WireError: the file is missing or empty.
    """
    if path is None:
        return ''
    try:
        token = path.expanduser().read_text(encoding='utf-8').strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WireError(f'token file {path} cannot be read: {error}') from None
    if not token:
        raise WireError(f'token file {path} is empty')
    return token
