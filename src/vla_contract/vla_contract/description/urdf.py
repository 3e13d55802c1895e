"""URDF for MuJoCo: meshes found, what it cannot read left out, links and visuals kept.

MuJoCo reads joints, mimic tags, inertia and shapes of a URDF itself; sensors, transmissions and
the elements of Gazebo and ros2_control mean nothing to it and do no harm.
"""

from dataclasses import dataclass
from pathlib import Path
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from vla_contract.deployment.robot_model import ModelFile
from vla_contract.description.locating import described_file, model_path
from vla_contract.description.urdf_inertia import mend_inertial
from vla_contract.description.xacro_file import expand_xacro
from vla_contract.errors import ContractError, ResourceNotFoundError

# Formats of meshes that MuJoCo reads.
_MESHES = ('.stl', '.obj', '.msh')
_MOST_FACES = 200_000
# Fixed links stay bodies, so that tools and cameras can be put on them; meshes are named by whole
# paths; inertias of CAD exports that violate the triangle inequality are balanced, and links
# without inertia may move.
_COMPILER = {
    'fusestatic': 'false',
    'discardvisual': 'false',
    'strippath': 'false',
    'balanceinertia': 'true',
    'boundmass': '1e-3',
    'boundinertia': '1e-6',
}


@dataclass(frozen=True)
class PreparedUrdf:
    """A URDF that MuJoCo can read.

    Attributes:
        text: the XML.
        left_out: what was left out or changed, each 'WHAT of LINK: why'.
    """

    text: str
    left_out: tuple[str, ...]


def prepared_file(file: ModelFile) -> PreparedUrdf:
    """Read the URDF of a model, its macros expanded.

    Raises:
        ResourceNotFoundError: the file, a package or xacro is missing.
        ContractError: it does not expand, or is no URDF.
    """
    path = model_path(file)
    if file.format == 'xacro':
        return prepare_urdf(expand_xacro(path, file.xacro_arguments), path)
    try:
        return prepare_urdf(path.read_text(encoding='utf-8'), path)
    except UnicodeDecodeError as error:
        raise ContractError(f'{path}: cannot read the URDF: {error.reason}') from error


def prepare_urdf(text: str, path: Path) -> PreparedUrdf:
    """Return a URDF with what MuJoCo needs.

    Args:
        text: the XML, macros expanded.
        path: of the file, from which relative names of meshes count.

    Raises:
        ContractError: it is no XML, or no URDF.
    """
    try:
        root = ElementTree.fromstring(_with_prefixes(text))
    except ElementTree.ParseError as error:
        raise ContractError(f'{path}: cannot read the URDF: {error}') from error
    if root.tag != 'robot':
        raise ContractError(f'{path}: found <{root.tag}>; allowed: <robot>, the root of a URDF')
    left_out = []
    for link in root.findall('link'):
        problem = mend_inertial(link)
        if problem:
            left_out.append(f'inertial of {link.get("name")}: {problem}')
        for kind in ('visual', 'collision'):
            for shape in link.findall(kind):
                problem = _mesh_problem(shape, path.parent)
                if problem:
                    link.remove(shape)
                    left_out.append(f'{kind} of {link.get("name")}: {problem}')
    _set_compiler(root)
    return PreparedUrdf(ElementTree.tostring(root, encoding='unicode'), tuple(left_out))


def _with_prefixes(text: str) -> str:
    """Declare prefixes such as gazebo: that a file uses without saying what they stand for."""
    used = set(re.findall(r'[</\s]([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*[\s=>/]', text)) - {'xmlns'}
    unknown = [name for name in sorted(used) if f'xmlns:{name}=' not in text]
    declared = ' '.join(f'xmlns:{name}="{name}"' for name in unknown)
    return re.sub(r'<robot\b', f'<robot {declared}', text, count=1) if declared else text


def _mesh_problem(shape: Element, folder: Path) -> str:
    """Make the name of a shape's mesh absolute; return why it cannot be read, '' when it can."""
    mesh = shape.find('geometry/mesh')
    if mesh is None:
        return ''
    name = mesh.get('filename', '')
    try:
        file = described_file(name, folder)
    except ResourceNotFoundError as error:
        return str(error)
    if file.suffix.lower() not in _MESHES:
        # Makers often ship a mesh in several formats.
        others = [file.with_suffix(suffix) for suffix in (*_MESHES, '.STL', '.OBJ')]
        found = next((other for other in others if other.is_file()), None)
        if found is None:
            return (
                f'{name} is {file.suffix or "without format"}; MuJoCo reads {", ".join(_MESHES)}'
            )
        file = found
    if file.suffix.lower() == '.stl' and not _is_binary_stl(file):
        return f'{name} is no binary STL of 1 to {_MOST_FACES} faces'
    mesh.set('filename', str(file))
    return ''


def _is_binary_stl(file: Path) -> bool:
    """Return whether MuJoCo reads an STL: 80 bytes, the number of faces, 50 bytes for each."""
    with file.open('rb') as stream:
        head = stream.read(84)
    faces = int.from_bytes(head[80:84], 'little')
    return len(head) == 84 and 1 <= faces <= _MOST_FACES and file.stat().st_size >= 84 + 50 * faces


def _set_compiler(root: Element) -> None:
    extension = root.find('mujoco')
    if extension is None:
        extension = ElementTree.SubElement(root, 'mujoco')
    compiler = extension.find('compiler')
    if compiler is None:
        compiler = ElementTree.SubElement(extension, 'compiler')
    # The names of meshes are absolute by now.
    compiler.attrib.pop('meshdir', None)
    for name, value in _COMPILER.items():
        compiler.set(name, value)
