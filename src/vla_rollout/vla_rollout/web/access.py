"""Who may look at the page and press its buttons: this machine, or who has the token."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, unquote, urlsplit

from vla_contract.errors import VlaError
from vla_policy_server.wire.server_settings import ServerSettings

TOKEN_COOKIE = 'vla_token'
Headers = Mapping[str, str] | Message
"""Of a request."""

_THIS_MACHINE = ('127.0.0.1', 'localhost')


class RefusedError(VlaError):
    """A request may not be answered.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status

    def __reduce__(self) -> tuple[type, tuple[int, str]]:
        return type(self), (self.status, str(self))


@dataclass(frozen=True)
class Access:
    """Decides by address, token and origin.

    Attributes:
        settings: where the page is served, with which token and certificate.
    """

    settings: ServerSettings

    def __post_init__(self) -> None:
        """Refuse to let other machines move an arm without token and TLS.

        Raises:
            VlaError: token or certificate is missing; says which.
        """
        settings = self.settings
        if settings.is_loopback:
            return
        missing = [
            name
            for name, value in (
                ('token (--web-token-file)', settings.token),
                ('certificate (--web-certificate, --web-key)', settings.tls_certificate),
            )
            if not value
        ]
        if missing:
            raise VlaError(
                f'--web-host {settings.host} lets other machines move the arm: found no '
                f'{" and no ".join(missing)}; allowed: both, or 127.0.0.1'
            )

    @property
    def scheme(self) -> str:
        """How browsers ask, http or https."""
        return 'https' if self.settings.tls_certificate else 'http'

    def require(self, headers: Headers) -> None:
        """Let a request pass that may read.

        Args:
            headers: of the request.

        Raises:
            RefusedError: it comes by another name of this machine, or without the token.
        """
        host = headers.get('Host', '')
        # A page of another site that resolves its name to this machine must not read along.
        if self.settings.is_loopback and _name(host) not in _THIS_MACHINE:
            raise RefusedError(403, 'only this machine')
        if self.settings.token and not self.is_token(_cookie(headers)):
            raise RefusedError(401, 'open the page with its token: /?token=TOKEN')

    def require_press(self, headers: Headers) -> None:
        """Let a request pass that presses a button: from this page, or from no page at all.

        Raises:
            RefusedError: as `require`, or a page of another site sends it.
        """
        self.require(headers)
        origin = headers.get('Origin')
        if origin is not None and origin != f'{self.scheme}://{headers.get("Host", "")}':
            raise RefusedError(403, f'the page {origin} may not press buttons here')
        # Pages of other sites cannot send this type without being asked first.
        if headers.get('Content-Type', '').partition(';')[0].strip() != 'application/json':
            raise RefusedError(415, 'Content-Type: application/json is needed to press a button')

    def is_token(self, text: str) -> bool:
        """Whether somebody has the token; where there is none, nobody needs it."""
        return hmac.compare_digest(text.encode(), self.settings.token.encode())


def token_of(path: str) -> str:
    """Return the token in an address such as `/?token=TOKEN`, '' without one."""
    return parse_qs(urlsplit(path).query).get('token', [''])[0]


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get('Cookie', '')).get(TOKEN_COOKIE)
    except CookieError:
        return ''
    return unquote(found.value) if found else ''


def _name(host: str) -> str:
    return host.rpartition(':')[0] or host
