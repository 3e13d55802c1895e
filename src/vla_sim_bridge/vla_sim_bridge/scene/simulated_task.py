"""What a task's file says about its simulation: objects, where they lie, and what is success."""

from dataclasses import dataclass

from vla_contract.deployment.cell import Colour
from vla_contract.deployment.geometry import Triple
from vla_contract.deployment.task import Task
from vla_contract.errors import ContractError
from vla_contract.schema import build, setting, unknown_name

CUBE = 'cube'
LIFT_CUBE, LIFT_NAMED_CUBE = 'lift_cube', 'lift_named_cube'
Interval = tuple[float, float]


@dataclass(frozen=True)
class CubeConfig:
    """The object of the task; where there are several, what they share."""

    edge_m: float = setting(doc='edge length', unit='m', lower=0.005, upper=0.08)
    mass_kg: float = setting(doc='mass', unit='kg', lower=1e-3, upper=100.0)
    friction: float = setting(doc='sliding friction of all its contacts', lower=0.0, upper=10.0)
    x_m: Interval = setting(doc='where its centre may lie', unit='m', lower=-5.0, upper=5.0)
    y_m: Interval = setting(doc='where its centre may lie', unit='m', lower=-5.0, upper=5.0)
    rgba: Colour | None = setting(None, doc='colour of the only cube', lower=0.0, upper=1.0)


@dataclass(frozen=True)
class NamedCubesConfig:
    """Several cubes that differ in colour alone; the instruction names one."""

    colours: dict[str, Colour] = setting(doc='name and colour of each', lower=0.0, upper=1.0)
    apart_m: float = setting(doc='least distance between centres', unit='m', lower=0.0, upper=2.0)
    paraphrases: tuple[str, ...] = setting(doc='other ways to say the instruction')
    held_out: tuple[str, ...] = setting((), doc='more of them, kept for tests: never drawn')


@dataclass(frozen=True)
class BoardConfig:
    """A chessboard to calibrate cameras with; x along its rows, y along its columns, z into it."""

    cols: int = setting(doc='inner corners per row', lower=3, upper=50)
    rows: int = setting(doc='inner corners per column', lower=3, upper=50)
    square_m: float = setting(doc='side of a square', unit='m', lower=0.001, upper=0.2)
    frame: str = setting(doc='what carries it, and what it is placed in', choices=('base', 'tool'))
    centre_m: Triple = setting(doc='middle of its corners', unit='m')
    rpy_deg: Triple = setting(doc='roll, pitch, yaw about fixed axes, as in URDF', unit='deg')


@dataclass(frozen=True)
class SimulatedTask:
    """The simulation of a task; build it with `simulated_task`."""

    success: str = setting(doc='what counts as success', choices=(LIFT_CUBE, LIFT_NAMED_CUBE))
    physics_step_s: float = setting(doc='simulation step', unit='s', lower=1e-4, upper=0.01)
    success_height_m: float = setting(doc='how far to lift', unit='m', lower=0.0, upper=2.0)
    success_hold_s: float = setting(
        doc='how long to hold it there', unit='s', lower=0.0, upper=60.0
    )
    home_jitter_rad: float = setting(
        doc='spread of the first pose', unit='rad', lower=0.0, upper=1.0
    )
    cube: CubeConfig = setting(doc='the object')
    instruction: str = setting(doc="of the task; {colour} is the named one's")
    named_cubes: NamedCubesConfig | None = setting(None, doc='of lift_named_cube: which there are')
    board: BoardConfig | None = setting(None, doc='a board to calibrate cameras with')

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


def simulated_task(task: Task) -> SimulatedTask:
    """Return what the simulator makes of a task.

    Raises:
        ContractError: the task has no simulation, or a value of it is missing, unknown, out of
            range or contradicts another.
    """
    where = f'task {task.name}: simulation'
    if not task.simulation:
        raise ContractError(f'{where}: found nothing; the simulator needs this section')
    if 'instruction' in task.simulation:
        known = [name for name in SimulatedTask.__dataclass_fields__ if name != 'instruction']
        raise unknown_name(where, 'instruction', 'instruction', known)
    values = task.simulation | {'instruction': task.instruction}
    found = build(SimulatedTask, values, where)
    _check_cubes(found, where)
    return found


def _check_cubes(task: SimulatedTask, where: str) -> None:
    named = task.named_cubes
    for name, (low, high) in (('x_m', task.cube.x_m), ('y_m', task.cube.y_m)):
        if low > high:
            raise ContractError(
                f'{where}: cube.{name}: found [{low:g}, {high:g}]; allowed: the lower end first'
            )
    if (task.success == LIFT_NAMED_CUBE) != (named is not None):
        raise ContractError(
            f'{where}: named_cubes: found {"nothing" if named is None else "a section"} with '
            f'success {task.success}; allowed: a section with {LIFT_NAMED_CUBE}, and only so'
        )
    if (named is None) != (task.cube.rgba is not None):
        raise ContractError(
            f'{where}: found {"no colour" if named is None else "two colours"} of a cube; '
            'allowed: either cube.rgba or named_cubes.colours'
        )
    if named is None:
        return
    if len(named.colours) < 2:
        raise ContractError(
            f'{where}: named_cubes.colours: found {len(named.colours)}; allowed: two or more'
        )
    for phrase in (task.instruction, *named.paraphrases, *named.held_out):
        if '{colour}' not in phrase:
            raise ContractError(f"{where}: the phrase '{phrase}' does not say {{colour}}")
