"""The command that runs one episode of a run again, in simulation, with its video."""

from collections.abc import Mapping
import shlex
from typing import Any

from vla_contract.cli.deployment_arguments import PARTS

_NAMES = (
    'randomization', 'device', 'filter', 'precision', 'mode', 'execute_steps', 'latency_s',
    'speed',
)  # fmt: skip


def command_again(settings: Mapping[str, Any], seed: int) -> str:
    """Return the command, '' where the run does not say what named its deployment.

    The scene of a seed is the same in `vla demo` and `vla sim run`; what the run does not say is
    the default of the latter. A scene that a person placed cannot be had again.

    Args:
        settings: of the run.
        seed: of the episode.
    """
    given = settings.get('given')
    if not isinstance(given, Mapping) or settings.get('operator'):
        return ''
    words = ['vla', 'sim', 'run']
    named = {name: given.get(name) for name in PARTS}
    named |= {name: settings.get(name) for name in _NAMES}
    for name, value in named.items():
        if isinstance(value, str | int | float) and value != '':
            words += [f'--{name.replace("_", "-")}', str(value)]
    allowed = given.get('allow_code')
    for name in allowed if isinstance(allowed, list) else []:
        words += ['--allow-code', str(name)]
    if settings.get('blank_images') is True:
        words.append('--blank-images')
    return shlex.join([*words, '--episodes', '1', '--first-seed', str(seed), '--video'])
