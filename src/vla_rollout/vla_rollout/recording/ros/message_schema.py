"""The definition of a message type, as MCAP's schema 'ros2msg' wants it."""

from functools import cache
from pathlib import Path
import re

from ament_index_python.packages import get_package_share_directory
from vla_contract.errors import ResourceNotFoundError

_PRIMITIVES = {'bool', 'byte', 'char', 'string', 'wstring', 'float32', 'float64'} | {
    f'{sign}int{bits}' for sign in ('', 'u') for bits in (8, 16, 32, 64)
}
_FIELD = re.compile(r'^([A-Za-z][\w/]*)')


@cache
def message_schema(type_name: str) -> str:
    """Return the text of a type's .msg file and of all types in it, separated by rulers.

    Args:
        type_name: e.g. sensor_msgs/msg/Image.

    Raises:
        ResourceNotFoundError: the package is not installed, or has no such message.
    """
    texts = {type_name: _definition(type_name)}
    waiting = [type_name]
    while waiting:
        for inner in _types_in(waiting.pop(), texts):
            texts[inner] = _definition(inner)
            waiting.append(inner)
    first, *others = texts
    parts = [texts[first]]
    parts += [f'{"=" * 80}\nMSG: {name.replace("/msg/", "/")}\n{texts[name]}' for name in others]
    return '\n'.join(parts)


def has_package(type_name: str) -> bool:
    """Return whether the package of a message type is installed."""
    try:
        _share(type_name.split('/')[0])
    except ResourceNotFoundError:
        return False
    return True


def _definition(type_name: str) -> str:
    package, kind, name = type_name.split('/')
    file = Path(_share(package)) / kind / f'{name}.msg'
    if not file.is_file():
        raise ResourceNotFoundError('message definition', file, 'install the message package')
    return file.read_text()


def _share(package: str) -> str:
    try:
        return str(get_package_share_directory(package))
    except LookupError as error:
        hint = 'install it and source its setup'
        raise ResourceNotFoundError('message package', package, hint) from error


def _types_in(type_name: str, known: dict[str, str]) -> list[str]:
    """Return the types that a definition names and that are not yet known."""
    found = []
    for line in known[type_name].splitlines():
        match = _FIELD.match(line.strip())
        if match is None or match[1] in _PRIMITIVES:
            continue
        name = match[1] if '/' in match[1] else f'{type_name.split("/")[0]}/{match[1]}'
        package, _, message = name.replace('/msg/', '/').partition('/')
        full = f'{package}/msg/{message}'
        if full not in known and full not in found:
            found.append(full)
    return found
