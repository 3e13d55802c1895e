"""Serves the page and its stream of states to browsers on this machine, and to no other."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
import json
import sys
import threading
from typing import Any

from vla_contract.errors import VlaError
from vla_rollout.web.live_view import LiveView

_HOST = '127.0.0.1'
_PERIOD_S = 0.1
_FILES = {
    '/': ('page.html', 'text/html; charset=utf-8'),
    '/page.css': ('page.css', 'text/css; charset=utf-8'),
    '/page.js': ('page.js', 'text/javascript; charset=utf-8'),
}
_HEADERS = {
    'Cache-Control': 'no-store',
    # Nothing is loaded from elsewhere, whatever a topic's text contains.
    'Content-Security-Policy': "default-src 'self'; img-src data:",
    'X-Content-Type-Options': 'nosniff',
}


class WebServer:
    """Serves a view while it is open; use it as a context manager."""

    def __init__(self, view: LiveView, port: int, on_error: Callable[[str], object]) -> None:
        """Listen.

        Args:
            view: what is shown.
            port: on the loopback address; 0 picks a free one.
            on_error: called with what a thread of the server failed at, in that thread.

        Raises:
            VlaError: the port is taken.
        """
        self._closing = threading.Event()
        handler = type('Handler', (_Handler,), {'view': view, 'closing': self._closing})
        try:
            self._server = _Server((_HOST, port), handler, on_error)
        except OSError as error:
            raise VlaError(f'no page on port {port}: {error.strerror}; name another') from error
        self._thread = threading.Thread(target=self._server.serve, name='web', daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f'http://{_HOST}:{self._server.server_port}/'

    def __enter__(self) -> 'WebServer':
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
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
    """Answers one browser; `WebServer` makes a class of it that knows the view."""

    view: LiveView
    closing: threading.Event

    def do_GET(self) -> None:
        """Answer with a file of the page or with the stream."""
        # A page of another site that resolves its name to this machine must not read along.
        name = self.headers.get('Host', '').rpartition(':')[0] or self.headers.get('Host', '')
        if name not in (_HOST, 'localhost'):
            self.send_error(403, 'only this machine')
        elif self.path == '/events':
            self._stream()
        elif self.path in _FILES:
            self._send_file(*_FILES[self.path])
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the terminal for the rollout."""

    def _send_file(self, name: str, kind: str) -> None:
        data = files(__package__).joinpath(name).read_bytes()
        self._begin(kind)
        self.wfile.write(data)

    def _stream(self) -> None:
        """Send server-sent events at 10 Hz until the browser or the server goes."""
        self._begin('text/event-stream')
        self._send('about', self.view.about())
        while not self.closing.wait(_PERIOD_S):
            self._send('state', self.view.state())

    def _send(self, event: str, values: dict[str, Any]) -> None:
        text = json.dumps(values, allow_nan=False)
        self.wfile.write(f'event: {event}\ndata: {text}\n\n'.encode())

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        for name, value in {**_HEADERS, 'Content-Type': kind}.items():
            self.send_header(name, value)
        self.end_headers()
