"""What a task's file says about its simulation: objects, where they begin, and what is success."""

from dataclasses import dataclass
from typing import Any

from vla_contract.deployment.geometry import Triple
from vla_contract.deployment.task import Task
from vla_contract.errors import SettingError
from vla_contract.schema import build, setting, unknown_name
from vla_sim_bridge.scene.object_checks import check_objects
from vla_sim_bridge.scene.object_settings import AreaConfig, ObjectConfig

TARGET, OTHERS, PLACEHOLDER = 'target', 'others', '{target}'


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

    physics_step_s: float = setting(doc='simulation step', unit='s', lower=1e-4, upper=0.01)
    home_jitter_rad: float = setting(
        doc='spread of the first pose', unit='rad', lower=0.0, upper=1.0
    )
    instruction: str = setting(doc='of the task; {target} is what the meant object is called')
    areas: dict[str, AreaConfig] = setting(doc='rectangles on the table by name')
    objects: dict[str, ObjectConfig] = setting(doc='objects by name')
    goal: dict[str, Any] | str = setting(doc='what is success: a condition, or module:Class')
    targets: tuple[str, ...] = setting(
        (), doc='objects one of which is meant, drawn anew; none: the first object'
    )
    failures: dict[str, Any] | None = setting(
        None, doc='terminations by name, each with the condition that ends the episode'
    )
    expert: tuple[dict[str, Any], ...] | str = setting(
        (), doc='skills of the scripted expert in their order, or module:Class'
    )
    paraphrases: tuple[str, ...] = setting((), doc='other ways to say the instruction, drawn')
    held_out: tuple[str, ...] = setting((), doc='more of them, kept for tests: never drawn')
    scene: str = setting(
        '', doc='an MJCF file with more of the room: beside the task, or package:'
    )
    board: BoardConfig | None = setting(None, doc='a board to calibrate cameras with')
    folder: str = setting('', doc='from which files are found, filled on load')

    @property
    def phrases(self) -> tuple[str, ...]:
        """Every way in which an episode may be told what to do."""
        return (self.instruction, *self.paraphrases)


def simulated_task(task: Task) -> SimulatedTask:
    """Return what the simulator makes of a task.

    Raises:
        ContractError: the task has no simulation, or a value of it is missing, unknown, out of
            range or contradicts another.
    """
    where = f'task {task.name}: simulation'
    if not task.simulation:
        raise SettingError(f'task {task.name}', 'simulation', 'nothing', 'objects and a goal')
    for name in ('instruction', 'folder'):
        if name in task.simulation:
            own = ('instruction', 'folder')
            known = [field for field in SimulatedTask.__dataclass_fields__ if field not in own]
            raise unknown_name(where, name, name, known)
    values = task.simulation | {'instruction': task.instruction, 'folder': task.folder}
    found = build(SimulatedTask, values, where)
    check_objects(found.objects, found.areas, where)
    _check_targets(found, where)
    return found


def _check_targets(task: SimulatedTask, where: str) -> None:
    for name in task.targets:
        if name not in task.objects:
            raise unknown_name(where, 'targets', name, task.objects)
    if len(task.targets) == 1:
        raise SettingError(where, 'targets', 'one', 'two or more; none where only one is meant')
    if not task.targets:
        for phrase in task.phrases:
            if PLACEHOLDER in phrase:
                raise SettingError(where, 'targets', 'none', f"some, for the phrase '{phrase}'")
        return
    words = [task.objects[name].said for name in task.targets]
    if not all(words) or len(set(words)) < len(words):
        raise SettingError(where, 'said', ', '.join(words), 'a word of its own for each target')
    for phrase in (*task.phrases, *task.held_out):
        if PLACEHOLDER not in phrase:
            raise SettingError(where, 'paraphrases', f"'{phrase}'", f'one that says {PLACEHOLDER}')
