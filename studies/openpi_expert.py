"""The scripted expert behind openpi's own server and policy transforms, in their conventions.

    python studies/openpi_expert.py droid --openpi ~/openpi
    vla sim run --policy studies/openpi/droid.yaml --episodes 50
    vla sim run --policy studies/openpi/aloha.yaml --deployment aloha_lift_cube --episodes 50

A checkout of openpi is needed for its files, which run unchanged; what they import of JAX is left
out. Joints are read from the observation, and actions written, by formulas of openpi, ALOHA, DROID
and robosuite alone: nothing of this workspace's codec. The expert needs to know where the cube is,
which is sent beside the observation and taken out before openpi's transforms.
"""

import argparse
from collections.abc import Callable
from contextlib import suppress
import enum
import importlib.util
from pathlib import Path
import sys
import types
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation
from vla_contract.deployment.deployment import Deployment, load_deployment
from vla_contract.kinematics.inverse_kinematics import InverseKinematics
from vla_contract.values import Observation, Vector
from vla_sim_bridge.demonstrations.make_expert import make_scripted_expert

POSE = 'cube_pose'
EXTRA = f'extras/{POSE}'


def load_openpi(root: Path) -> dict[str, Any]:
    """Return openpi's server and policy modules, from files of a checkout."""
    sys.path.insert(0, str(root / 'packages' / 'openpi-client' / 'src'))
    names = ('openpi', 'openpi.transforms', 'openpi.models', 'openpi.models.model')
    stubs = {name: types.ModuleType(name) for name in names}
    stubs['openpi.transforms'].DataTransformFn = object  # type: ignore[attr-defined]
    kinds = enum.Enum('ModelType', 'PI0 PI0_FAST PI05')
    stubs['openpi.models.model'].ModelType = kinds  # type: ignore[attr-defined]
    stubs['openpi'].transforms = stubs['openpi.transforms']  # type: ignore[attr-defined]
    stubs['openpi.models'].model = stubs['openpi.models.model']  # type: ignore[attr-defined]
    sys.modules.update(stubs)
    files = {
        'droid': 'policies/droid_policy.py',
        'libero': 'policies/libero_policy.py',
        'aloha': 'policies/aloha_policy.py',
        'server': 'serving/websocket_policy_server.py',
    }
    found: dict[str, Any] = {'model': kinds.PI05}
    for name, path in files.items():
        spec = importlib.util.spec_from_file_location(name, root / 'src' / 'openpi' / path)
        assert spec is not None
        assert spec.loader is not None
        found[name] = importlib.util.module_from_spec(spec)
        sys.modules[name] = found[name]
        spec.loader.exec_module(found[name])
    return found


class Expert:
    """A policy of openpi whose network is the scripted expert."""

    def __init__(
        self,
        deployment: Deployment,
        inputs: Callable[[dict[str, Any]], dict[str, Any]],
        outputs: Callable[[dict[str, Any]], dict[str, Any]],
        read: Callable[[Vector], Vector],
        write: Callable[[Vector, Vector], Vector],
    ) -> None:
        """Take openpi's transforms, and what state and actions mean between them."""
        self._expert = make_scripted_expert(deployment, 'cpu')
        self._inputs, self._outputs = inputs, outputs
        self._read, self._write = read, write

    def infer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Answer a message of openpi's."""
        cube = np.asarray(message.pop(EXTRA))
        seen = self._inputs(message)
        joints = self._read(np.asarray(seen['state'], dtype=np.float64))
        chunk = self._expert.infer(Observation(0, joints, {}, '', {POSE: cube}))
        actions = self._write(chunk.positions, joints)
        padded = np.zeros((len(actions), 32))
        padded[:, : actions.shape[1]] = actions
        return self._outputs({'actions': padded})


class Droid:
    """Seven joints [rad], the gripper 0 open to 1 closed; actions are moves of 0.2 rad a step."""

    def __init__(self, deployment: Deployment) -> None:
        """Take the robot's gripper."""
        self._gripper = deployment.cell.joints[-1]

    def read(self, state: Vector) -> Vector:
        """Return joints of a state."""
        gripper = self._gripper
        closing = state[7:] * (gripper.closed - gripper.open)
        return np.concatenate([state[:7], gripper.open + closing])

    def write(self, positions: Vector, joints: Vector) -> Vector:
        """Return actions of positions that begin at joints."""
        gripper = self._gripper
        moves = np.diff(positions[:, :7], axis=0, prepend=joints[np.newaxis, :7]) / 0.2
        closing = (positions[:, 7:] - gripper.open) / (gripper.closed - gripper.open)
        return np.concatenate([moves, closing], axis=1)


class Libero:
    """The hand's pose and two fingers; actions are its moves, the gripper -1 open to 1 closed."""

    def __init__(self, deployment: Deployment) -> None:
        """Load the robot's kinematics."""
        self._kinematics = InverseKinematics(deployment.cell, None)
        self._arm = np.array([joint.home for joint in deployment.cell.joints[:7]])
        self._gripper = deployment.cell.joints[-1]

    def read(self, state: Vector) -> Vector:
        """Return joints in which the hand is where a state has it."""
        pose = np.eye(4)
        # robosuite's world: the base stands at (-0.66, 0, 0.912).
        pose[:3, 3] = state[:3] - [-0.66, 0.0, 0.912]
        pose[:3, :3] = Rotation.from_rotvec(state[3:6]).as_matrix()
        self._arm = self._kinematics.step_to(self._arm, pose)
        gripper = self._gripper
        opening = state[6] / 0.04
        finger = gripper.closed + opening * (gripper.open - gripper.closed)
        return np.concatenate([self._arm, [finger]])

    def write(self, positions: Vector, joints: Vector) -> Vector:
        """Return moves along positions that begin at joints."""
        gripper, actions = self._gripper, []
        before = self._kinematics.tool_pose(joints[:7])
        for position in positions:
            after = self._kinematics.tool_pose(position[:7])
            turn = Rotation.from_matrix(after[:3, :3] @ before[:3, :3].T).as_rotvec()
            closing = (position[7] - gripper.open) / (gripper.closed - gripper.open)
            move = (after[:3, 3] - before[:3, 3]) / 0.05
            actions.append([*move, *(turn / 0.5), 2.0 * closing - 1.0])
            before = after
        return np.array(actions)


class Aloha:
    """Two arms in the angles of pi0, which openpi makes of those of ALOHA's runtime and back."""

    FLIP = np.array([1, -1, -1, 1, 1, 1, 1, 1, -1, -1, 1, 1, 1, 1])
    GRIPPERS = (6, 13)

    def __init__(self, deployment: Deployment) -> None:
        """Take the robots' grippers."""
        self._grippers = [deployment.cell.joints[i] for i in self.GRIPPERS]

    def read(self, state: Vector) -> Vector:
        """Return joints of a state."""
        joints = self.FLIP * state
        for i, gripper in zip(self.GRIPPERS, self._grippers, strict=True):
            # Encoder counts 2405 to 3110 of 4096, in radians from 2048; horn and arm of the hand.
            angle = 0.5476 + state[i] * (1.6296 - 0.5476)
            horn = 0.022 * np.sin(angle)
            linear = horn + np.sqrt(0.036**2 - (0.022 * np.cos(angle)) ** 2)
            opening = (linear - 0.01844) / (0.05800 - 0.01844)
            joints[i] = gripper.closed + opening * (gripper.open - gripper.closed)
        return joints

    def write(self, positions: Vector, joints: Vector) -> Vector:
        """Return actions of positions."""
        actions = self.FLIP * positions
        for i, gripper in zip(self.GRIPPERS, self._grippers, strict=True):
            opening = (positions[:, i] - gripper.closed) / (gripper.open - gripper.closed)
            # ALOHA's runtime takes the motor's angle, -0.6213 closed to 1.4910 open.
            linear = 0.01844 + opening * (0.05800 - 0.01844)
            sine = (0.022**2 + linear**2 - 0.036**2) / (2 * 0.022 * linear)
            actions[:, i] = np.arcsin(np.clip(sine, -1.0, 1.0)) - 0.5476
        return actions


def main() -> None:
    """Serve until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('convention', choices=('droid', 'libero', 'aloha'))
    parser.add_argument('--openpi', type=Path, required=True, help='folder of a checkout')
    parser.add_argument('--port', type=int, default=8000)
    args = parser.parse_args()
    if not (args.openpi / 'src' / 'openpi' / 'policies').is_dir():
        parser.error(f'--openpi: found no openpi in {args.openpi}; allowed: folder of a checkout')
    openpi, name = load_openpi(args.openpi), args.convention
    here = Path(__file__).parent / 'openpi'
    task = 'aloha_lift_cube' if name == 'aloha' else 'panda_lift_cube'
    deployment = load_deployment(task, policy=str(here / f'{name}.yaml'))
    module = openpi[name]
    convention = {'droid': Droid, 'libero': Libero, 'aloha': Aloha}[name](deployment)
    title = name.capitalize()
    inputs = getattr(module, f'{title}Inputs')
    transform = inputs() if name == 'aloha' else inputs(openpi['model'])
    outputs = getattr(module, f'{title}Outputs')()
    expert = Expert(deployment, transform, outputs, convention.read, convention.write)
    server = openpi['server'].WebsocketPolicyServer(
        expert, '127.0.0.1', args.port, {'needs_extras': [POSE]}
    )
    print(f'serving {name} on ws://127.0.0.1:{args.port}', flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == '__main__':
    main()
