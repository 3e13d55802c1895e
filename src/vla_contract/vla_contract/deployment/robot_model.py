"""Where the description of a robot's bodies and joints stands, and how its files are joined."""

from dataclasses import dataclass

from vla_contract.deployment.geometry import Triple
from vla_contract.errors import ContractError
from vla_contract.schema import setting

WORLD = 'world'
FORMATS = ('mjcf', 'urdf', 'xacro')


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """One file of a robot's maker; exactly one of `mjcf`, `urdf` and `xacro` names it.

    A path counts from the robot's YAML, or from the Python package where one is named; it may be
    absolute, and `package://NAME/...` finds a ROS package, a Python package or a folder of that
    name above the file that names it.
    """

    mjcf: str = setting('', doc='path of a MuJoCo model')
    urdf: str = setting('', doc='path of a URDF')
    xacro: str = setting('', doc='path of a URDF with xacro macros')
    xacro_arguments: tuple[str, ...] = setting(
        (), doc='arguments of the xacro file, each NAME:=VALUE'
    )
    package: str = setting('', doc='Python package that carries the file')
    folder: str = setting('', doc='folder from which its path counts, filled on load')

    @property
    def format(self) -> str:
        """Kind of the file: mjcf, urdf or xacro; '' for none."""
        return next((kind for kind in FORMATS if getattr(self, kind)), '')

    @property
    def path(self) -> str:
        """The path as written, '' for none."""
        return str(getattr(self, self.format)) if self.format else ''


@dataclass(frozen=True, kw_only=True)
class Part(ModelFile):
    """A further file, put on a body of those before it: the gripper on the flange of an arm."""

    prefix: str = setting('', doc='before every name of the part')
    body: str = setting('', doc='what of the file is used; empty: all that stands in its world')
    to_body: str = setting(WORLD, doc='body that carries the part')
    to_site: str = setting('', doc='instead: site that carries it')
    position_m: Triple = setting((0.0, 0.0, 0.0), doc='place on what carries it', unit='m')
    rpy_deg: Triple = setting(
        (0.0, 0.0, 0.0), doc='rotation there, about fixed x, y, z', unit='deg'
    )


@dataclass(frozen=True)
class Mimic:
    """A joint without a motor of its own: position = multiplier * that of another + offset."""

    joint: str = setting(doc='joint of the model that follows')
    follows: str = setting(doc='joint of the model that leads')
    multiplier: float = setting(1.0, doc='how far it moves with the other')
    offset: float = setting(0.0, doc='where it is when the other is at 0', unit='rad or m')


@dataclass(frozen=True, kw_only=True)
class Model(ModelFile):
    """The robot's model: a file, and parts on it.

    Of the file, `base_body` and what hangs on it belongs to the robot, with the trees of other
    commanded joints. A robot without a file has no geometry: joint limits are all that is kept.
    """

    base_frame: str = setting(doc='name of the base frame')
    base_body: str = setting('', doc="root body of the model; 'world': all of it")
    mimics: tuple[Mimic, ...] = setting((), doc='joints that others move')
    parts: tuple[Part, ...] = setting((), doc='further files, one put on another')

    @property
    def is_given(self) -> bool:
        """Whether there is a model at all."""
        return bool(self.format or self.parts)

    def __str__(self) -> str:
        """Name the files, for messages."""
        files = [file.path for file in (self, *self.parts) if file.format]
        return ' + '.join(files) or 'no model'


def check_model(model: Model, where: str) -> None:
    """Check what one field alone cannot show.

    Raises:
        ContractError: a file is named twice or not at all, an argument is no NAME:=VALUE, or the
            base is missing.
    """
    _check_file(model, f'{where}: model')
    for number, part in enumerate(model.parts):
        here = f'{where}: model.parts[{number}]'
        _check_file(part, here)
        if not part.format:
            raise ContractError(f'{here}: found no file; allowed: one of {", ".join(FORMATS)}')
    if model.is_given and not model.base_body:
        raise ContractError(
            f"{where}: model.base_body: found nothing; allowed: a body of {model}, or '{WORLD}'"
        )


def _check_file(file: ModelFile, here: str) -> None:
    named = [kind for kind in FORMATS if getattr(file, kind)]
    if len(named) > 1:
        raise ContractError(
            f'{here}: found {" and ".join(named)}; allowed: one of {", ".join(FORMATS)}'
        )
    if file.xacro_arguments and not file.xacro:
        raise ContractError(
            f'{here}: xacro_arguments: found some beside {file.format or "no file"}; allowed: '
            'with xacro'
        )
    for argument in file.xacro_arguments:
        if ':=' not in argument:
            raise ContractError(
                f'{here}: xacro_arguments: found {argument!r}; allowed: NAME:=VALUE'
            )
