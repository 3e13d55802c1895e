"""The robot of an MJCF file as one XML tree: includes read, everything else left out.

For readers that know less of MJCF than MuJoCo does: pinocchio 4.1.0 skips includes and every
worldbody but the first.
"""

from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from vla_contract.deployment.robot import Model
from vla_contract.errors import ContractError, ResourceNotFoundError, UnknownNameError
from vla_contract.share import package_file


def read_robot(model: Model) -> Element:
    """Return the tree of a model's file with the body that holds its base alone in the world.

    Raises:
        ResourceNotFoundError: the package, the file or one that it includes is missing.
        ContractError: a file is not valid XML.
        UnknownNameError: there is no such base_body; lists the bodies of the world.
    """
    path = package_file(model.package, model.mjcf)
    root = _parse(path)
    _read_includes(root, path.parent)
    # Files are named relative to the model's folder; the tree may be written to another one.
    for compiler in root.findall('compiler'):
        for folder in ('meshdir', 'texturedir'):
            compiler.set(folder, str(path.parent / compiler.get(folder, '')))
    worlds = root.findall('worldbody')
    bodies = [body for world in worlds for body in world.findall('body')]
    holding = [body for body in bodies if _holds(body, model.base_body)]
    if not holding:
        names = [body.get('name', '') for body in bodies]
        raise UnknownNameError('body', model.base_body, str(path), names)
    for world in worlds:
        root.remove(world)
    ElementTree.SubElement(root, 'worldbody').append(holding[0])
    return root


def _parse(path: Path) -> Element:
    try:
        return ElementTree.parse(path).getroot()
    except FileNotFoundError:
        raise ResourceNotFoundError('part of a model', path, 'check the package') from None
    except ElementTree.ParseError as error:
        raise ContractError(f'{path}: cannot read the model: {error}') from error


def _read_includes(element: Element, folder: Path) -> None:
    """Put what a file holds in the place of each include; file names count from `folder`."""
    children = list(element)
    for child in children:
        element.remove(child)
    for child in children:
        if child.tag == 'include':
            child = _parse(folder / child.get('file', ''))
            _read_includes(child, folder)
            element.extend(child)
        else:
            _read_includes(child, folder)
            element.append(child)


def _holds(body: Element, name: str) -> bool:
    return any(inner.get('name') == name for inner in body.iter('body'))
