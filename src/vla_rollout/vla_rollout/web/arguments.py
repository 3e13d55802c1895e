"""What a command is told about its page: port, and what other machines need to reach it."""

import argparse
from pathlib import Path

from vla_contract.cli.number_types import whole
from vla_contract.errors import VlaError
from vla_policy_server.wire.server_settings import read_token, ServerSettings
from vla_rollout.web.access import Access

_PORT = 8321
_LOOPBACK = ServerSettings().host


def add_web(parser: argparse.ArgumentParser) -> None:
    """Add --web and what belongs to it, for commands that watch a graph."""
    parser.add_argument(
        '--web',
        type=whole(0, 65535),
        nargs='?',
        const=_PORT,
        metavar='PORT',
        help="page with e-stop, the operator's buttons, cameras, joints and alarms; default "
        f'{_PORT}',
    )
    parser.add_argument(
        '--web-host',
        default=_LOOPBACK,
        metavar='ADDRESS',
        help='where the page is served, such as 0.0.0.0 for a tablet',
    )
    parser.add_argument('--web-token-file', type=Path, help='what who opens the page must know')
    parser.add_argument('--web-certificate', type=Path, help='certificate chain, PEM')
    parser.add_argument('--web-key', type=Path, help='its private key, PEM')


def web_settings(args: argparse.Namespace) -> ServerSettings | None:
    """Return the settings behind `add_web`, None without a page.

    Raises:
        VlaError: other machines could move the arm without token and TLS, the token or the
            certificate cannot be used, or there is no page that they are for.
    """
    if args.web is None:
        _require_page(args)
        return None
    settings = ServerSettings(
        host=args.web_host,
        port=args.web,
        token=read_token(args.web_token_file),
        tls_certificate=args.web_certificate,
        tls_key=args.web_key,
    )
    Access(settings)
    settings.tls_context()
    return settings


def _require_page(args: argparse.Namespace) -> None:
    """Refuse what says how a page is reached where none is served."""
    given = (
        ('--web-host', args.web_host != _LOOPBACK),
        ('--web-token-file', args.web_token_file),
        ('--web-certificate', args.web_certificate),
        ('--web-key', args.web_key),
    )
    for name, is_given in given:
        if is_given:
            raise VlaError(f'{name}: found no page that it is for; allowed: with --web')
