"""Serves the page, its stream of states and its buttons to browsers that may have them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
import json
import sys
import threading
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from vla_contract.errors import UnknownNameError, VlaError
from vla_policy_server.wire.server_settings import ServerSettings
from vla_rollout.web.access import Access, RefusedError, TOKEN_COOKIE, token_of
from vla_rollout.web.desk import OperatorDesk
from vla_rollout.web.live_view import LiveView
from vla_rollout.web.streams import MOST, Streams

_PERIOD_S = 0.1
# What a browser that stays silent may keep a thread for.
_SILENCE_S = 30.0
# At the end every browser is shown how the run ended; one that does not read is not waited for.
_LAST_WORD_S = 2.0
_LONGEST_BODY = 1000
_FILES = {
    '/': ('page.html', 'text/html; charset=utf-8'),
    '/page.css': ('page.css', 'text/css; charset=utf-8'),
    **{
        f'/{name}': (name, 'text/javascript; charset=utf-8')
        for name in ('elements.js', 'joints.js', 'desk.js', 'page.js')
    },
}
_HEADERS = {
    'Cache-Control': 'no-store',
    # Nothing is loaded from elsewhere, whatever a topic's text contains.
    'Content-Security-Policy': "default-src 'self'; img-src data:",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
}
_NO_MORE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Shown:
    """What a browser is shown, and what it may press.

    Attributes:
        view: the graph.
        desk: the operator's buttons.
    """

    view: LiveView
    desk: OperatorDesk

    def state(self) -> dict[str, Any]:
        """Return the newest of both."""
        return {**self.view.state(), 'desk': self.desk.state()}


class WebServer:
    """Serves a view and a desk while it is open; use it as a context manager."""

    def __init__(
        self, shown: Shown, settings: ServerSettings, on_error: Callable[[str], object]
    ) -> None:
        """Listen.

        Args:
            shown: what is shown.
            settings: address, token and certificate; port 0 picks a free one.
            on_error: called with what a thread of the server failed at, in that thread.

        Raises:
            VlaError: the port is taken, the certificate cannot be used, or other machines could
                move the arm without token and TLS.
        """
        self._access = Access(settings)
        tls = settings.tls_context()
        self._streams = Streams()
        values = {'shown': shown, 'access': self._access, 'streams': self._streams}
        try:
            self._server = _Server(
                (settings.host, settings.port), type('Handler', (_Handler,), values), on_error
            )
        except OSError as error:
            place = f'no page on port {settings.port} of {settings.host}'
            raise VlaError(f'{place}: {error.strerror}; name another') from error
        if tls:
            # The handshake is made by the browser's own thread: a slow one keeps nobody waiting.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve, name='web', daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        settings = self._access.settings
        return f'{self._access.scheme}://{settings.host}:{self._server.server_port}/'

    def __enter__(self) -> 'WebServer':
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._streams.close(_LAST_WORD_S)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    """Serves every browser in a thread of its own, and reports what ends such a thread or all."""

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        on_error: Callable[[str], object],
    ) -> None:
        super().__init__(address, handler)
        self._on_error = on_error

    def serve(self) -> None:
        """Answer browsers until `shutdown`."""
        try:
            self.serve_forever()
        except Exception as error:  # noqa: BLE001 - a thread's exception would be lost
            self._on_error(f'the page is served no more: {type(error).__name__}: {error}')

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what ended the answer to one browser, unless the browser has left."""
        error = sys.exception()
        if not isinstance(error, BrokenPipeError | ConnectionResetError):
            self._on_error(f'a browser was not answered: {type(error).__name__}: {error}')


class _Handler(BaseHTTPRequestHandler):
    """Answers one browser; `WebServer` makes a class of it that knows what is shown."""

    shown: Shown
    access: Access
    streams: Streams
    timeout = _SILENCE_S
    # A browser presses over a connection that it has: an e-stop waits for none to be made.
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer with a file of the page or with the stream."""
        path = urlsplit(self.path).path
        try:
            if path == '/' and (token := token_of(self.path)):
                self._let_in(token)
                return
            self.access.require(self.headers)
        except RefusedError as error:
            self.send_error(error.status, str(error))
            return
        if path == '/events':
            self._stream()
        elif path in _FILES:
            self._send_file(*_FILES[path])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Press the button that the path names."""
        folder, _, name = self.path.rpartition('/')
        try:
            self.access.require_press(self.headers)
            if folder != '/press' or not 0 <= self._length() <= _LONGEST_BODY:
                raise RefusedError(404, 'POST /press/BUTTON presses a button')
            self.rfile.read(self._length())
            answer, status = self.shown.desk.press(name), 200
        except RefusedError as error:
            # What it sent is not read.
            self.close_connection = True
            answer, status = str(error), error.status
        except UnknownNameError as error:
            answer, status = str(error), 404
        except VlaError as error:
            answer, status = str(error), 409
        self._send_whole('application/json', json.dumps({'said': answer}).encode(), status)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the terminal for the rollout."""

    def _length(self) -> int:
        try:
            return int(self.headers.get('Content-Length', '0'))
        except ValueError:
            return -1

    def _let_in(self, token: str) -> None:
        """Give a browser that has the token a cookie, and an address without it.

        Raises:
            RefusedError: it has not.
        """
        if not self.access.is_token(token):
            raise RefusedError(401, 'not the token of this page')
        secure = '; Secure' if self.access.scheme == 'https' else ''
        cookie = f'{TOKEN_COOKIE}={quote(token)}; HttpOnly; SameSite=Strict; Path=/{secure}'
        self._send_whole('text/plain', b'', 303, {'Location': '/', 'Set-Cookie': cookie})

    def _send_file(self, name: str, kind: str) -> None:
        self._send_whole(kind, files(__package__).joinpath(name).read_bytes())

    def _stream(self) -> None:
        """Send server-sent events at 10 Hz until the browser or the server goes."""
        with self.streams.one() as is_place:
            if not is_place:
                self.send_error(503, f'{MOST} browsers look already')
                return
            self._begin('text/event-stream', 200, {'Connection': 'close'})
            self.close_connection = True
            self._send('about', self.shown.view.about())
            while not self.streams.closing.wait(_PERIOD_S):
                self._send('state', self.shown.state())
            self._send('state', self.shown.state())

    def _send(self, event: str, values: dict[str, Any]) -> None:
        text = json.dumps(values, allow_nan=False)
        self.wfile.write(f'event: {event}\ndata: {text}\n\n'.encode())

    def _send_whole(
        self, kind: str, data: bytes, status: int = 200, more: Mapping[str, str] = _NO_MORE
    ) -> None:
        self._begin(kind, status, {'Content-Length': str(len(data)), **more})
        self.wfile.write(data)

    def _begin(self, kind: str, status: int, more: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, 'Content-Type': kind, **more}.items():
            self.send_header(name, value)
        self.end_headers()
