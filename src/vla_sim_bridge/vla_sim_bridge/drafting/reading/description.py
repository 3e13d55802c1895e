"""A maker's description as a draft begins from it: the files, and the robot alone, compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mujoco
from vla_contract.deployment.robot_model import check_model, Model, WORLD
from vla_contract.description.reading import at_origin, compiled, read_spec
from vla_contract.description.robot_alone import leave_out
from vla_contract.description.urdf import prepared_file
from vla_contract.errors import ContractError
from vla_contract.schema import build
from vla_sim_bridge.drafting.kinematics.joint_tree import JointTree

_FORMATS = {'.urdf': 'urdf', '.xacro': 'xacro', '.xml': 'mjcf', '.mjcf': 'mjcf'}


@dataclass(frozen=True)
class Description:
    """A description that was read.

    Attributes:
        model: the section `model` of the robot's file, as plain values.
        name: what the file calls the robot.
        spec: the robot alone, its base at the origin; may be changed and compiled again.
        urdf: the root of its XML; None for an MJCF.
    """

    model: Mapping[str, Any]
    name: str
    spec: mujoco.MjSpec
    urdf: ElementTree.Element | None


def read_description(values: Mapping[str, Any], folder: Path) -> Description:
    """Read the files of a model.

    Args:
        values: section `model` of a robot's file; without base_body it is looked for.
        folder: from which relative paths count.

    Raises:
        ResourceNotFoundError: a file or a package is missing.
        ContractError: a file cannot be read, or nothing in it moves.
    """
    where = str(values.get('urdf') or values.get('xacro') or values.get('mjcf') or folder)
    # The file is read from the folder, and named in the draft as the user says.
    given = {'base_frame': WORLD, 'base_body': WORLD, **values, 'folder': str(folder)}
    model = build(Model, given, where)
    check_model(model, where)
    spec = read_spec(model)
    base = str(values.get('base_body') or _base(spec, where))
    _keep_robot(spec, base, where)
    is_urdf = model.format in ('urdf', 'xacro')
    urdf = ElementTree.fromstring(prepared_file(model).text) if is_urdf else None
    name = spec.modelname if urdf is None else urdf.get('name', '')
    frame = values.get('base_frame') or base
    section = {**values, 'base_frame': frame, 'base_body': base}
    return Description(section, name, spec, urdf)


def format_of(path: str) -> str:
    """Return how a file is written, by its ending: urdf, xacro or mjcf.

    Raises:
        ContractError: the ending is none of a description.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        raise ContractError(f'{path}: found ending {suffix!r}; allowed: {", ".join(_FORMATS)}')
    return _FORMATS[suffix]


def _base(spec: mujoco.MjSpec, where: str) -> str:
    """Return the only body of the world with joints below it; 'world' for several."""
    model = compiled(where, spec.copy().compile)
    tree = JointTree(model)
    roots = set()
    for joint in tree.joints:
        root = int(model.body_rootid[tree.body(joint)])
        roots.add(model.body(root).name)
    if not roots:
        raise ContractError(f'{where}: found no hinge or slide; allowed: a robot that moves')
    return roots.pop() if len(roots) == 1 else WORLD


def _keep_robot(spec: mujoco.MjSpec, base: str, where: str) -> None:
    """Put the base at the origin and take what is beside it out of the world."""
    roots = [body.name for body in spec.worldbody.bodies]
    if base != WORLD and base not in roots:
        raise ContractError(
            f'{where}: base_body: found {base!r}; allowed: {", ".join(roots)} or {WORLD}'
        )
    leave_out(spec, [] if base == WORLD else [base])
    if base != WORLD:
        at_origin(spec.body(base))
