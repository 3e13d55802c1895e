"""The policy file: what a checkpoint's numbers and images mean, and how it is served."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
import json
from pathlib import Path
from typing import Any

from vla_contract.deployment.cell import Cell
from vla_contract.deployment.end_effector import EndEffectorDelta
from vla_contract.deployment.meaning import with_hash
from vla_contract.deployment.overrides import overridden
from vla_contract.deployment.robot import require_distinct
from vla_contract.errors import SettingError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config, find_model, installed_config
from vla_contract.vectors.component import (
    Component,
    JOINT_POSITION,
    number_names,
    NumberMap,
    with_lists,
)
from vla_contract.vectors.vector_checks import check_vectors
from vla_contract.vectors.written_out import with_joints, written_out
from vla_contract.whole_file import write_whole
import yaml

KIND = 'policies'
FILE_NAME = 'vla_policy.yaml'
_AS_CAPTURED = {'rotate': 0, 'flip': 'none', 'grey': False}


@dataclass(frozen=True)
class PolicyCamera:
    """Which camera becomes which feature of the policy, and how large."""

    camera: str = setting(doc='name of a camera of the cell')
    feature: str = setting(doc='feature key of the policy')
    width: int = setting(doc='width the policy sees', unit='px', lower=1, upper=8192)
    height: int = setting(doc='height the policy sees', unit='px', lower=1, upper=8192)
    resize: str = setting(doc='how to fit', choices=('crop', 'letterbox', 'stretch'))
    rotate: int = setting(
        0, doc='clockwise, before it is fitted: 0, 90, 180 or 270', unit='deg', lower=0, upper=270
    )
    flip: str = setting(
        'none',
        doc='then mirrored: horizontal swaps left and right, vertical top and bottom',
        choices=('none', 'horizontal', 'vertical'),
    )
    grey: bool = setting(False, doc='without colour: the brightness in all three channels')

    @property
    def described(self) -> str:
        """What the policy sees, in words; of the same words, the same image."""
        turned = f', rotated {self.rotate} deg' if self.rotate else ''
        flipped = f', flipped {self.flip}' if self.flip != 'none' else ''
        grey = ', grey' if self.grey else ''
        size = f'{self.width} x {self.height} px, {self.resize}'
        return f'camera {self.camera}, {size}{turned}{flipped}{grey}'


@dataclass(frozen=True)
class BlackImage:
    """A feature that is always black: a checkpoint's camera that the cell does not have."""

    feature: str = setting(doc='feature key of the policy')
    width: int = setting(doc='width the policy sees', unit='px', lower=1, upper=8192)
    height: int = setting(doc='height the policy sees', unit='px', lower=1, upper=8192)


@dataclass(frozen=True)
class PolicyFile:
    """A validated policy file; `load_deployment` fills joints that it leaves to the cell.

    A policy whose action is an `end_effector_delta` answers with moves of the tool; they become
    positions of the joints, so that everything after the policy sees joints.
    """

    schema: int = setting(doc='version of this format', lower=1, upper=1)
    name: str = setting(doc='name of the policy')
    rate_hz: float = setting(
        doc='policy steps per second (control_freq)', unit='Hz', lower=0.1, upper=1000.0
    )
    backend: str = setting(
        'lerobot', doc='hold, scripted, replay, lerobot, remote, or module:factory'
    )
    source: str = setting(
        '.',
        doc="checkpoint: folder (one that begins with '.' counts from this file's), name under "
        'models/, or hub id',
    )
    preset: str = setting(
        '', doc='convention of state and action, where they do not stand here themselves'
    )
    state: tuple[Component, ...] = setting((Component(),), doc='observation.state')
    action: tuple[Component, ...] = setting((Component(),), doc='action')
    cameras: tuple[PolicyCamera, ...] = setting((), doc='cameras that the policy sees')
    black_images: tuple[BlackImage, ...] = setting(
        (), doc='images that are always black, for cameras that the cell does not have'
    )
    sha256: str = setting('', doc='hash of the meaning, filled on load')

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the numbers of observation.state, in its order: joints, and those of tools."""
        return number_names(self.state)

    @property
    def action_names(self) -> tuple[str, ...]:
        """Names of the numbers of the action; of an end_effector_delta the joints it becomes."""
        return number_names(self.action)

    @property
    def image_sizes(self) -> dict[str, tuple[int, int]]:
        """Height and width [px] of every image that the policy is given, by feature."""
        images: tuple[PolicyCamera | BlackImage, ...] = (*self.cameras, *self.black_images)
        return {image.feature: (image.height, image.width) for image in images}

    @property
    def action_kind(self) -> str:
        """Meaning of the action's numbers: that of the first that are no positions of joints."""
        kinds = (component.quantity for component in self.action)
        return next((kind for kind in kinds if kind != JOINT_POSITION), JOINT_POSITION)

    @property
    def end_effector(self) -> EndEffectorDelta | None:
        """Meaning of an end_effector_delta, None for all other actions."""
        return self.action[0].end_effector


def find_policy_file(policy: str, beside: Path | None = None) -> Path | None:
    """Return the policy file of a name, a folder, a checkpoint or a path; None without one.

    Args:
        policy: path of a YAML file, folder or name of a checkpoint with a vla_policy.yaml, or
            name under config/policies.
        beside: folder from which paths count, besides the working directory.

    Raises:
        ResourceNotFoundError: a path of a YAML file does not exist.
    """
    if policy.endswith('.yaml'):
        return find_config(KIND, policy, beside)
    folder = Path(policy).expanduser()
    for place in (find_model(policy), beside and beside / folder, folder):
        if place and (place / FILE_NAME).is_file():
            return place / FILE_NAME
    return None if '/' in policy else installed_config(KIND, policy)


def load_policy_file(
    path: Path, policy: str, cell: Cell, overrides: Mapping[str, Any] | None = None
) -> PolicyFile:
    """Load and validate a policy file.

    Args:
        path: the file.
        policy: under which it was found; its source where that is a model that is shipped.
        cell: whose joints and cameras it names.
        overrides: values by dotted path, such as `policy.rate_hz`.

    Raises:
        ContractError: a value is missing, unknown, out of range or contradicts the cell.
    """
    values = with_lists(overridden(load_yaml(path), 'policy', overrides))
    file = build(PolicyFile, values, str(path))
    if file.source.startswith('.'):
        is_shipped = file.source == '.' and find_model(policy)
        file = replace(file, source=policy if is_shipped else str(path.parent / file.source))
    state, action = written_out(
        file.preset, (file.state, file.action), cell, path.parent, str(path)
    )
    file = replace(file, preset='', state=state, action=action)
    return check_policy_file(file, cell, str(path))


def write_policy_file(folder: Path, policy: PolicyFile) -> None:
    """Write the policy file of a checkpoint; what is read back has the same meaning.

    Args:
        folder: of the checkpoint; its policy file is replaced.
        policy: what the file says.
    """
    values = asdict(policy, dict_factory=lambda pairs: {k: v for k, v in pairs if v is not None})
    del values['sha256'], values['preset']  # which is written out
    for key in ('state', 'action'):
        values[key] = [_said(component) for component in values[key]]
    for camera in values['cameras']:
        for name, value in _AS_CAPTURED.items():
            if camera[name] == value:
                del camera[name]
    if not values['black_images']:
        del values['black_images']
    # Tuples would be tagged as Python's own.
    plain = json.loads(json.dumps(values))
    text = yaml.safe_dump(plain, sort_keys=False, default_flow_style=None, width=99)
    write_whole(folder / FILE_NAME, text)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a component says beyond defaults, besides its quantity."""
    own = asdict(Component(quantity=''))
    said = {name: value for name, value in values.items() if value != own[name]}
    if 'map' in said:
        numbers = asdict(NumberMap())
        said['map'] = {k: value for k, value in said['map'].items() if value != numbers[k]}
    return said


def check_policy_file(file: PolicyFile, cell: Cell, where: str) -> PolicyFile:
    """Return the file with its joints filled from the cell, and its hash.

    Raises:
        ContractError: it contradicts itself or the cell.
    """
    file = replace(
        file, state=with_joints(file.state, cell), action=with_joints(file.action, cell), sha256=''
    )
    check_vectors(file.state, file.action, cell, where)
    for number, camera in enumerate(file.cameras):
        cell.camera(camera.camera)
        if camera.rotate % 90:
            what, allowed = f'cameras[{number}].rotate', '0, 90, 180 or 270 [deg]'
            raise SettingError(where, what, str(camera.rotate), allowed)
    features = [camera.feature for camera in file.cameras]
    features += [image.feature for image in file.black_images]
    require_distinct(f'{where}: camera features', features)
    return with_hash(file)
