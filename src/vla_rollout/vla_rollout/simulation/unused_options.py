"""Options that a command would not look at, refused instead of passed over."""

import argparse
from collections.abc import Iterable, Sequence

from vla_contract.deployment.deployment import Deployment
from vla_contract.errors import VlaError

_RESUMABLE = ('resume', 'workers', 'json')
"""What may stand beside --resume: how fast the rest runs, and where the result is written too."""

_UNUSED_WITH_RAY = '--ray uses the cores of its cluster'
# (the option, the one beside which nothing looks at it, why)
_UNUSED = (
    ('randomization', 'sweep', '--sweep names the randomisations'),
    ('video', 'sweep', '--sweep films no episodes'),
    ('workers', 'ray', _UNUSED_WITH_RAY),
)
_NEEDS_SWEEP = ('compare', 'ray')
_BLIND = ('hold', 'scripted', 'replay')
_WITHOUT_DEVICE = (*_BLIND, 'remote')


def given_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> set[str]:
    """Return which options stand in the words of a command, also where they name the default."""
    nothing = argparse.Namespace(**{action.dest: None for action in parser._actions})
    found = vars(parser.parse_args(list(words), nothing))
    return {name for name, value in found.items() if value is not None}


def refuse_unused(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """End with status 2 where the words of a command name an option that would be ignored.

    Args:
        parser: of the command.
        args: as `parse_resumable` returns them.
    """
    given = given_options(parser, args.arguments)
    if 'resume' in given:
        _refuse(parser, given - set(_RESUMABLE), '--resume goes on with a run as it was called')
        return
    for option, beside, why in _UNUSED:
        if {option, beside} <= given:
            _refuse(parser, [option], why)
    if 'sweep' not in given and given.intersection(_NEEDS_SWEEP):
        parser.error('--compare and --ray need --sweep DOMAIN ...')
    if args.filter == 'off' and args.speed < 1.0:
        _refuse(parser, ['speed'], '--filter off lets nothing limit the speed')


def refuse_workers_beside_ray(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """End with status 2 where a run goes on that was called with --ray, and --workers is named.

    Args:
        parser: of the command.
        args: with what the run was called with.
    """
    if args.ray and 'workers' in given_options(parser, args.arguments):
        _refuse(parser, ['workers'], _UNUSED_WITH_RAY)


def refuse_blind_options(args: argparse.Namespace, deployment: Deployment) -> None:
    """Refuse what the backend of a policy never looks at.

    Raises:
        VlaError: names the option and the backend.
    """
    backend = deployment.policy.backend
    if args.blank_images and backend in _BLIND:
        raise VlaError(
            f'--blank-images: backend {backend} looks at no images; allowed: without the option'
        )
    if args.device != 'cpu' and backend in _WITHOUT_DEVICE:
        raise VlaError(
            f'--device {args.device}: backend {backend} computes on no device here; allowed: '
            'without the option'
        )


def _refuse(parser: argparse.ArgumentParser, options: Iterable[str], why: str) -> None:
    names = ', '.join(sorted(f'--{option.replace("_", "-")}' for option in options))
    if names:
        parser.error(f'{why}; leave out {names}')
