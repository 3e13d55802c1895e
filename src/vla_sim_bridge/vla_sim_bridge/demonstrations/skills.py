"""What the scripted expert can do with objects, as a task's file says it."""

from dataclasses import dataclass
from typing import Any

from vla_contract.deployment.geometry import Triple
from vla_contract.errors import SettingError
from vla_contract.schema import build, setting, unknown_name
from vla_sim_bridge.scene.simulated_task import SimulatedTask, TARGET


@dataclass(frozen=True)
class Lift:
    """Grasp an object and hold it up."""

    object: str = setting(doc='which object, or target')
    by_m: float = setting(doc='how far to lift it at least', unit='m', lower=0.0, upper=2.0)


@dataclass(frozen=True)
class Place:
    """Grasp an object, carry it, and let it go in or on another."""

    object: str = setting(doc='which object, or target')
    onto: str = setting(doc='the object that takes it: into its inside where it has one')
    above_m: float = setting(
        0.005, doc='from how high it is let go', unit='m', lower=0.0, upper=0.5
    )


@dataclass(frozen=True)
class Pull:
    """Grasp a frame of an object, such as a handle, and move it."""

    object: str = setting(doc='which object')
    frame: str = setting(doc='one of its frames')
    way_m: Triple = setting(doc='from where it is when the task begins, in its frame', unit='m')
    grasp_width_m: float = setting(doc='of the handle', unit='m', lower=1e-3, upper=0.3)
    grasp_yaw_deg: float = setting(
        0.0, doc='turn about z of the y axis along which fingers close', unit='deg'
    )


@dataclass(frozen=True)
class HandOver:
    """Grasp an object with one arm and bring it to a place where another takes and keeps it."""

    object: str = setting(doc='which object')
    giver: str = setting(doc='tool that grasps it first')
    taker: str = setting(doc='tool that takes it')
    meet_m: Triple = setting(doc='where its origin is when it changes hands, base frame', unit='m')
    giver_centre_m: Triple = setting(
        doc="where the giver's fingers close, the object's frame", unit='m'
    )
    taker_centre_m: Triple = setting(doc="where the taker's do", unit='m')


OneArmed = Lift | Place | Pull
Skill = OneArmed | HandOver
SKILLS: dict[str, type[Lift] | type[Place] | type[Pull] | type[HandOver]] = {
    'lift': Lift,
    'place': Place,
    'pull': Pull,
    'hand_over': HandOver,
}


def skills_of(task: SimulatedTask, where: str) -> tuple[Skill, ...]:
    """Return the skills of a task's expert in their order.

    Args:
        task: the simulation of a task.
        where: names the task in error messages.

    Raises:
        SettingError: it has none, or a name or a value in them is unknown or out of range.
    """
    if not task.expert or isinstance(task.expert, str):
        raise SettingError(where, 'expert', repr(task.expert or 'nothing'), 'a list of skills')
    skills = [_skill(said, task, f'{where}: expert[{k}]') for k, said in enumerate(task.expert)]
    if any(isinstance(skill, HandOver) for skill in skills[:-1]):
        raise SettingError(where, 'expert', 'a skill after hand_over', 'hand_over as the last one')
    return tuple(skills)


def _skill(said: dict[str, Any], task: SimulatedTask, where: str) -> Skill:
    if len(said) != 1:
        raise SettingError(where, 'skill', repr(said), 'a mapping with one skill')
    ((name, settings),) = said.items()
    if name not in SKILLS:
        raise unknown_name(where, name, name, SKILLS)
    skill: Skill = build(SKILLS[name], settings, where, f'{name}.')
    objects = (skill.object, skill.onto) if isinstance(skill, Place) else (skill.object,)
    for meant in objects:
        if meant not in (*task.objects, TARGET):
            raise unknown_name(where, f'{name}.object', meant, (*task.objects, TARGET))
    if isinstance(skill, HandOver) and skill.giver == skill.taker:
        allowed = 'two tools, of two arms'
        raise SettingError(where, f'{name}.giver and taker', skill.giver, allowed)
    if isinstance(skill, Pull) and skill.frame not in task.objects[skill.object].frames:
        known = task.objects[skill.object].frames
        raise unknown_name(where, f'{name}.frame', skill.frame, known)
    return skill
