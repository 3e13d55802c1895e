"""Goals and failures of a task: conditions by name, joined by all, any, not, and held."""

from typing import Any

import mujoco
from numpy import float64
from numpy.typing import NDArray
from vla_contract.errors import SettingError
from vla_contract.schema import build, unknown_name
from vla_sim_bridge.tasks.condition import Condition, Objects
from vla_sim_bridge.tasks.conditions import CONDITIONS
from vla_sim_bridge.tasks.own_code import own_class

FOR = 'for_s'
_JOINED = ('all', 'any', 'not')


class Held:
    """A condition that counts once it has held without a break for a time."""

    def __init__(self, condition: Condition, for_s: float, step_s: float) -> None:
        """Hold a condition for a time [s], counted in steps [s]."""
        self._condition, self._for_s, self._step_s = condition, for_s, step_s
        self._steps = 0

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Count from zero."""
        self._steps = 0
        self._condition.begin(task, data)

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Count a step."""
        self._steps = self._steps + 1 if self._condition.holds(qpos, data) else 0
        return self._steps * self._step_s >= self._for_s


class Joined:
    """All, any or none of some conditions; every one of them sees every step."""

    def __init__(self, how: str, conditions: tuple[Condition, ...]) -> None:
        """Join conditions by `all`, `any` or `not`."""
        self._how, self._conditions = how, conditions

    def begin(self, task: Objects, data: mujoco.MjData) -> None:
        """Begin all."""
        for condition in self._conditions:
            condition.begin(task, data)

    def holds(self, qpos: NDArray[float64], data: mujoco.MjData) -> bool:
        """Ask all."""
        found = [condition.holds(qpos, data) for condition in self._conditions]
        if self._how == 'all':
            return all(found)
        return any(found) if self._how == 'any' else not any(found)


def build_condition(said: Any, step_s: float, where: str, folder: str = '') -> Condition:
    """Build a condition from what a task's file says.

    Args:
        said: a mapping of one condition's name to its settings, with `for_s` where it has to
            hold without a break. A class, 'module:Class', is called with the settings; alone it
            may stand for the mapping.
        step_s: time between two steps [s].
        where: task and value, for error messages.
        folder: of the task, where its own classes are found.

    Raises:
        SettingError: a name is unknown, or a setting is missing, unknown or out of range.
        VlaError: a class cannot be imported.
    """
    if isinstance(said, str):
        said = {said: {}}
    if not isinstance(said, dict) or len(names := [name for name in said if name != FOR]) != 1:
        allowed = f'a mapping with one condition and, where it has to last, {FOR}'
        raise SettingError(where, 'condition', repr(said), allowed)
    name, settings = names[0], said[names[0]]
    condition = _build_one(str(name), settings, step_s, where, folder)
    if FOR not in said:
        return condition
    for_s = said[FOR]
    is_number = isinstance(for_s, int | float) and not isinstance(for_s, bool)
    if not is_number or not 0.0 <= for_s <= 60.0:
        raise SettingError(where, FOR, repr(for_s), 'float in [0, 60] [s]')
    return Held(condition, float(for_s), step_s)


def _build_one(name: str, settings: Any, step_s: float, where: str, folder: str) -> Condition:
    if name in _JOINED:
        parts = [settings] if name == 'not' and isinstance(settings, dict) else settings
        if not isinstance(parts, list) or not parts:
            raise SettingError(where, name, repr(settings), 'a list of conditions')
        built = (build_condition(part, step_s, f'{where}.{name}', folder) for part in parts)
        return Joined(name, tuple(built))
    if ':' in name:
        return _made(name, settings, where, folder)
    if name not in CONDITIONS:
        raise unknown_name(where, name, name, (*CONDITIONS, *_JOINED))
    condition: Condition = build(CONDITIONS[name], settings, where, f'{name}.')
    return condition


def _made(name: str, settings: Any, where: str, folder: str) -> Condition:
    kind = own_class(name, folder, 'condition')
    try:
        made: Condition = kind(**(settings or {}))
    except TypeError as error:
        raise SettingError(
            where, name, f'settings it does not take ({error})', 'its own'
        ) from None
    return made
