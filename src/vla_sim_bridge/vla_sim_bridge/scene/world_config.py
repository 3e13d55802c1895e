"""The YAML of a world: what stands in front of the arm and when the task is done."""

from dataclasses import dataclass

from vla_contract.errors import ContractError
from vla_contract.schema import build, load_yaml, setting
from vla_contract.share import find_config

CUBE = 'cube'
Interval = tuple[float, float]
Point = tuple[float, float, float]
Colour = tuple[float, float, float, float]


@dataclass(frozen=True)
class ServoConfig:
    """Gains of the joint position servos that stand for the robot's controller."""

    stiffness: float = setting(doc='proportional gain', unit='Nm/rad', lower=1.0)
    damping: float = setting(doc='derivative gain', unit='Nm s/rad', lower=0.0)
    friction: float | None = setting(
        None, doc="dry friction of the robot's joints; none: the model's", unit='Nm', lower=0.0
    )
    armature: float | None = setting(
        None, doc="rotor inertia seen at the joints; none: the model's", unit='kg m2', lower=0.0
    )
    measures_effort: bool = setting(False, doc='whether joint_states carry effort')


@dataclass(frozen=True)
class CubeConfig:
    """The object of the task; where there are several, what they share."""

    edge_m: float = setting(doc='edge length', unit='m', lower=0.005, upper=0.08)
    mass_kg: float = setting(doc='mass', unit='kg', lower=1e-3)
    friction: float = setting(doc='sliding friction', lower=0.0)
    x_m: Interval = setting(doc='where its centre may lie', unit='m')
    y_m: Interval = setting(doc='where its centre may lie', unit='m')
    rgba: Colour | None = setting(None, doc='colour of the only cube', lower=0.0, upper=1.0)


@dataclass(frozen=True)
class NamedCubesConfig:
    """Several cubes that differ in colour alone; the instruction names one."""

    colours: dict[str, Colour] = setting(doc='name and colour of each', lower=0.0, upper=1.0)
    apart_m: float = setting(doc='least distance between centres', unit='m', lower=0.0)
    paraphrases: tuple[str, ...] = setting(doc='other ways to say the instruction')
    held_out: tuple[str, ...] = setting((), doc='more of them, kept for tests: never drawn')


@dataclass(frozen=True)
class TableConfig:
    """The table; its top is z = 0 of the base frame."""

    size_m: tuple[float, float, float] = setting(doc='edges', unit='m', lower=1e-3)
    centre_m: tuple[float, float] = setting(doc='centre of the top', unit='m')
    rgba: Colour = setting(doc='colour', lower=0.0, upper=1.0)


@dataclass(frozen=True)
class ObstacleConfig:
    """A box that does not move: a wall, a fixture, the edge of a crate."""

    name: str = setting(doc='name in the model')
    size_m: Point = setting(doc='edges', unit='m', lower=1e-3)
    centre_m: Point = setting(doc='centre, base frame', unit='m')
    rgba: Colour = setting((0.5, 0.5, 0.55, 1.0), doc='colour', lower=0.0, upper=1.0)


@dataclass(frozen=True)
class BoardConfig:
    """A chessboard to calibrate cameras with; x along its rows, y along its columns, z into it."""

    cols: int = setting(doc='inner corners per row', lower=3, upper=50)
    rows: int = setting(doc='inner corners per column', lower=3, upper=50)
    square_m: float = setting(doc='side of a square', unit='m', lower=0.001, upper=0.2)
    frame: str = setting(doc='what carries it, and what it is placed in', choices=('base', 'tool'))
    centre_m: Point = setting(doc='middle of its corners', unit='m')
    rpy_deg: Point = setting(doc='roll, pitch, yaw about fixed axes, as in URDF', unit='deg')


@dataclass(frozen=True)
class CameraPlacement:
    """Where a camera of the contract stands: looking at a point, or as calibrated."""

    name: str = setting(doc='name of a camera of the contract')
    eye_m: Point | None = setting(None, doc='position, base frame', unit='m')
    target_m: Point | None = setting(None, doc='point in the image centre', unit='m')
    fovy_deg: float | None = setting(
        None, doc='vertical field of view', unit='deg', lower=1.0, upper=170.0
    )
    calibration: str = setting('', doc="instead of these: 'robot/camera' or path of a file")

    def __post_init__(self) -> None:
        given = [self.eye_m is not None, self.target_m is not None, self.fovy_deg is not None]
        if any(given) if self.calibration else not all(given):
            raise ContractError(
                f"camera '{self.name}' of the world: give either eye_m, target_m and fovy_deg, "
                'or calibration'
            )

    def look(self) -> tuple[Point, Point, float]:
        """Return eye [m], target [m] and field of view [deg].

        Raises:
            ContractError: the camera stands as calibrated.
        """
        if self.eye_m is None or self.target_m is None or self.fovy_deg is None:
            raise ContractError(f"camera '{self.name}' of the world stands as calibrated")
        return self.eye_m, self.target_m, self.fovy_deg


@dataclass(frozen=True)
class WorldConfig:
    """A world; build it with `load_world_config`."""

    task: str = setting(doc='what counts as success', choices=('lift_cube', 'lift_named_cube'))
    instruction: str = setting(doc='task text for the policy; {colour} is the named one')
    physics_step_s: float = setting(doc='simulation step', unit='s', lower=1e-4, upper=0.01)
    time_limit_s: float = setting(doc='an episode fails after this', unit='s', lower=0.1)
    success_height_m: float = setting(doc='how far to lift', unit='m', lower=0.0)
    success_hold_s: float = setting(doc='how long to hold it there', unit='s', lower=0.0)
    home_jitter_rad: float = setting(doc='spread of the first pose', unit='rad', lower=0.0)
    servo: ServoConfig = setting(doc='joint servos')
    cube: CubeConfig = setting(doc='the object')
    pad_friction: float = setting(doc='sliding friction of the finger pads', lower=0.0)
    table: TableConfig = setting(doc='the table')
    cameras: tuple[CameraPlacement, ...] = setting(doc='one entry per camera of the contract')
    named_cubes: NamedCubesConfig | None = setting(None, doc='of lift_named_cube: which there are')
    board: BoardConfig | None = setting(None, doc='a board to calibrate cameras with')
    obstacles: tuple[ObstacleConfig, ...] = setting((), doc='boxes that do not move')

    def __post_init__(self) -> None:
        named = self.named_cubes
        if (self.task == 'lift_named_cube') != (named is not None):
            raise ContractError(
                'the world needs named_cubes with task lift_named_cube, and only so'
            )
        if (named is None) != (self.cube.rgba is not None):
            raise ContractError('the world needs either cube.rgba or named_cubes.colours')
        if named is None:
            return
        if len(named.colours) < 2:
            raise ContractError('the world needs two colours or more in named_cubes.colours')
        for phrase in (self.instruction, *named.paraphrases, *named.held_out):
            if '{colour}' not in phrase:
                raise ContractError(f"the world's phrase '{phrase}' does not say {{colour}}")

    @property
    def cube_colours(self) -> dict[str, Colour]:
        """Every cube's name in the model, and its colour."""
        if self.named_cubes is not None:
            return {cube_name(name): rgba for name, rgba in self.named_cubes.colours.items()}
        if self.cube.rgba is None:
            return {}
        return {CUBE: self.cube.rgba}


def cube_name(colour: str) -> str:
    """Return the name in the model of the cube of a colour."""
    return f'{colour}_{CUBE}'


def load_world_config(world: str) -> WorldConfig:
    """Load a world by name (config/worlds) or path.

    Raises:
        ContractError: a value is missing, unknown or out of range.
        ResourceNotFoundError: there is no such file.
    """
    path = find_config('worlds', world)
    return build(WorldConfig, load_yaml(path), str(path))
