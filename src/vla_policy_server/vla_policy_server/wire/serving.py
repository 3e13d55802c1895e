"""What every worker's command shares: its address on the command line, and serving until told."""

import argparse
import asyncio
from contextlib import suppress
import logging
from pathlib import Path
import signal

from vla_contract.cli import number_types
from vla_policy_server.wire.server import WireServer, WireService
from vla_policy_server.wire.server_settings import read_token, ServerSettings

_LOG = logging.getLogger(__name__)


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what a worker can be told about its address and its clients."""
    defaults = ServerSettings()
    parser.add_argument('--host', default=defaults.host, help='address (default: %(default)s)')
    parser.add_argument(
        '--port',
        type=number_types.whole(0, 65_535),
        default=defaults.port,
        help='0 takes a free one (default: %(default)s)',
    )
    parser.add_argument(
        '--token-file', type=Path, help='what clients must send; needed beyond loopback'
    )
    parser.add_argument('--tls-certificate', type=Path, help='certificate chain, PEM')
    parser.add_argument('--tls-key', type=Path, help='its private key, PEM')
    parser.add_argument(
        '--max-clients',
        type=number_types.whole(1, 10_000),
        default=defaults.max_clients,
        help='default: %(default)s',
    )
    parser.add_argument(
        '--idle',
        type=number_types.real(0.1, 86_400.0, 's'),
        default=defaults.idle_s,
        metavar='S',
        help='silence after which a client leaves its place to another (default: %(default)g s)',
    )


def server_settings(arguments: argparse.Namespace) -> ServerSettings:
    """Return the settings behind `add_server_arguments`.

    Raises:
        WireError: the token file cannot be read.
    """
    return ServerSettings(
        host=arguments.host,
        port=arguments.port,
        token=read_token(arguments.token_file),
        tls_certificate=arguments.tls_certificate,
        tls_key=arguments.tls_key,
        max_clients=arguments.max_clients,
        idle_s=arguments.idle,
    )


def serve_until_told(service: WireService, settings: ServerSettings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        WireError: the settings are unsafe, or the address cannot be used.
    """
    _show_log()
    asyncio.run(_serve(WireServer(service, settings), settings))


async def _serve(server: WireServer, settings: ServerSettings) -> None:
    scheme = 'wss' if settings.tls_certificate else 'ws'

    def announce(port: int) -> None:
        print(f'listening on {scheme}://{settings.host}:{port}', flush=True)
        for risk in settings.risks:
            _LOG.warning('%s', risk)

    serving = asyncio.ensure_future(server.run(announce))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


def _show_log() -> None:
    """Write our own log to stderr, whatever a policy's library did with the root logger."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter('%(asctime)s %(message)s'))
    ours = logging.getLogger('vla_policy_server')
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)
    logging.getLogger('websockets').setLevel(logging.CRITICAL)  # tracebacks of failed handshakes
