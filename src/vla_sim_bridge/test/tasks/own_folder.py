"""A task of a user's own, in a folder outside the workspace: a mesh, a goal and classes."""

from pathlib import Path

# A wedge of 6 x 4 x 3 cm.
WEDGE = """v -0.03 -0.02 0\nv 0.03 -0.02 0\nv 0.03 0.02 0\nv -0.03 0.02 0
v -0.03 -0.02 0.03\nv 0.01 -0.02 0.03\nv 0.01 0.02 0.03\nv -0.03 0.02 0.03
f 1 3 2\nf 1 4 3\nf 5 6 7\nf 5 7 8\nf 1 2 6\nf 1 6 5
f 2 3 7\nf 2 7 6\nf 3 4 8\nf 3 8 7\nf 4 1 5\nf 4 5 8\n"""

TASK = """
schema: 1
name: own_task
instruction: put the wedge on the plate
time_limit_s: 15.0
simulation:
  physics_step_s: 0.002
  home_jitter_rad: 0.02
  areas:
    wedge: {x_m: [0.42, 0.50], y_m: [-0.15, -0.05], yaw_deg: [-40.0, 40.0]}
    plate: {x_m: [0.45, 0.52], y_m: [0.12, 0.18]}
  objects:
    wedge:
      shape: mesh
      file: wedge.obj
      mass_kg: 0.05
      rgba: [0.8, 0.5, 0.1, 1.0]
      area: wedge
      grasp: {width_m: 0.04, centre_m: [-0.01, 0.0, 0.015], turns: 2}
    plate: {shape: cylinder, size_m: [0.14, 0.01], fixed: true, area: plate}
  goal:
    all:
      - stands_on: {object: wedge, support: plate}
      - not: {touched: {object: wedge}}
    for_s: 0.2
  failures: {dropped: {fallen: {object: wedge}}}
  expert:
    - place: {object: wedge, onto: plate}
"""

OWN_CLASSES = '''
"""A goal and an expert of a task's own."""

from vla_sim_bridge.demonstrations.expert import ScriptedExpert


class FarFromBase:
    """An object is so far away from the base."""

    def __init__(self, object: str, metres: float) -> None:
        self._object, self._metres = object, metres

    def begin(self, task, data) -> None:
        self._body = task.objects[self._object].body

    def holds(self, qpos, data) -> bool:
        return float(data.xpos[self._body][0]) > self._metres


class Slow(ScriptedExpert):
    """Stays where it is."""

    needs_extras = ('wedge_pose',)

    def __init__(self, deployment, kinematics) -> None:
        self.gripper = 7

    def plan(self, state, extras, horizon):
        return state[None].repeat(horizon, axis=0)
'''


def write_own_task(folder: Path, **replaced: str) -> Path:
    """Write the task, its mesh and its classes; return the path of the task's file.

    Args:
        folder: to write into.
        replaced: text in the task's file by what stands there, such as `goal='...'`.
    """
    (folder / 'wedge.obj').write_text(WEDGE)
    (folder / 'own_classes.py').write_text(OWN_CLASSES)
    text = TASK
    for key, value in replaced.items():
        head, _, rest = text.partition(f'  {key}:')
        lines = rest.splitlines(keepends=True)[1:]
        while lines and lines[0].startswith('    '):
            lines.pop(0)
        text = f'{head}  {key}: {value}\n{"".join(lines)}'
    path = folder / 'own_task.yaml'
    path.write_text(text)
    return path
