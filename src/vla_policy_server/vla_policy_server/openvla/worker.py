"""Serve OpenVLA from an environment of its own: `python -m vla_policy_server.openvla.worker`."""

import sys

from vla_contract.cli.command import command_parser, DONE, run_command
from vla_policy_server.openvla.identity import openvla_identity
from vla_policy_server.openvla.loading import load_openvla, PRECISIONS
from vla_policy_server.openvla.policy import OpenVlaPolicy, OpenVlaSettings
from vla_policy_server.openvla.service import OpenVlaService
from vla_policy_server.wire.serving import (
    add_server_arguments,
    serve_until_told,
    server_settings,
)

_MODULE = 'vla_policy_server.openvla.worker'


def _serve() -> int:
    parser = command_parser(
        _MODULE,
        'Serve an OpenVLA checkpoint; the Python code that it brings along is run.',
        f'python -m {_MODULE} --model openvla/openvla-7b --unnorm-key bridge_orig --precision nf4',
    )
    parser.add_argument('--model', required=True, help='folder or hub id')
    parser.add_argument('--unnorm-key', default='', help='statistics to un-normalise actions by')
    parser.add_argument(
        '--precision', default='bf16', choices=PRECISIONS, help='default: %(default)s'
    )
    parser.add_argument('--device', default='cuda:0', help='default: %(default)s')
    parser.add_argument(
        '--center-crop', action='store_true', help='for checkpoints trained on cropped images'
    )
    add_server_arguments(parser)
    arguments = parser.parse_args()
    settings = server_settings(arguments)
    settings.require_safe()  # before the minutes that the model takes to load
    model, processor = load_openvla(arguments.model, arguments.precision, arguments.device)
    asking = OpenVlaSettings(arguments.unnorm_key, arguments.center_crop)
    about = {
        'policy': arguments.model,
        'precision': arguments.precision,
        'unnorm_key': arguments.unnorm_key,
        **openvla_identity(arguments.model, model, arguments.precision, asking),
    }
    service = OpenVlaService(OpenVlaPolicy(model, processor, asking), about)
    serve_until_told(service, settings)
    return DONE


def main() -> int:
    """Run the command."""
    return run_command(_serve)


if __name__ == '__main__':
    sys.exit(main())
