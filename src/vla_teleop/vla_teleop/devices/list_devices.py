"""List the devices that can teleoperate: what they give, and what is missing for them."""

from collections.abc import Sequence
from pathlib import Path
import sys

from vla_contract.cli.command import command_parser, DONE, run_command, write_json
from vla_contract.cli.path_types import file_to_write
from vla_contract.errors import VlaError
from vla_contract.plugins import offered_in
from vla_contract.share import config_names
from vla_teleop.devices.device import GROUP
from vla_teleop.devices.device_file import DeviceFile, KIND, load_device_file
from vla_teleop.devices.lerobot.catalogue import KNOWN, Known, plug_ins

_LEROBOT = 'lerobot'
Row = dict[str, str]


def rows() -> list[Row]:
    """Return a row for each device: name, gives, files and missing."""
    files = _files()
    own = [entry.name for entry in offered_in(GROUP) if entry.name != _LEROBOT]
    return [
        *(_own_row(name, files) for name in sorted(own)),
        *(_lerobot_row(known, files) for known in KNOWN),
    ]


def _files() -> list[tuple[str, DeviceFile]]:
    return [(name, load_device_file(name)) for name in config_names(KIND)]


def _own_row(name: str, files: Sequence[tuple[str, DeviceFile]]) -> Row:
    named = [(short, file) for short, file in files if file.device == name]
    gives = {'joints' if file.is_leader else 'tool moves' for _, file in named}
    return _row(name, ', '.join(sorted(gives)), [short for short, _ in named], '')


def _lerobot_row(known: Known, files: Sequence[tuple[str, DeviceFile]]) -> Row:
    named = [
        short
        for short, file in files
        if file.device == _LEROBOT and file.options.get('type') == known.type
    ]
    return _row(f'{_LEROBOT} {known.type}', known.gives, named, known.cure)


def _row(name: str, gives: str, files: Sequence[str], missing: str) -> Row:
    return {'device': name, 'gives': gives, 'files': ', '.join(files), 'missing': missing}


def table(found: Sequence[Row]) -> str:
    """Return rows as aligned text."""
    heads = {'device': 'device', 'gives': 'gives', 'files': 'file', 'missing': 'missing'}
    lines = [heads, *found]
    widths = {key: max(len(line[key]) for line in lines) for key in heads}
    return '\n'.join(
        '  '.join(line[key].ljust(widths[key]) for key in heads).rstrip() for line in lines
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = command_parser(
        'teleop devices', 'List the devices that can teleoperate.', 'vla teleop devices'
    )
    parser.add_argument('--json', type=file_to_write(), help='also write the table here')
    args = parser.parse_args(argv)
    return run_command(lambda: _list(args.json))


def _list(path: Path | None) -> int:
    try:
        found = rows()
    except VlaError as error:
        raise VlaError(f'config/{KIND}: {error}') from error
    print(table(found))
    print('file: under config/teleoperators, for --device; missing: what installs it')
    if brought := plug_ins():
        print(f'plug-ins of LeRobot: {", ".join(brought)}')
    if path is not None:
        write_json(path, {'devices': found, 'plug_ins': brought})
    return DONE


if __name__ == '__main__':
    sys.exit(main())
