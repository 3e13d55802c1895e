"""The expert of a task: our skills, or a class of the task's own."""

from typing import Protocol

from vla_contract.deployment.deployment import Deployment
from vla_contract.policy import Policy
from vla_contract.values import Vector
from vla_sim_bridge.demonstrations.expert import ScriptedExpert
from vla_sim_bridge.demonstrations.things import Extras
from vla_sim_bridge.physics.kinematics import ArmKinematics
from vla_sim_bridge.scene.scene import build_model
from vla_sim_bridge.scene.simulated_task import simulated_task
from vla_sim_bridge.tasks.own_code import own_class


class Expert(Policy, Protocol):
    """A policy that plans from the poses of objects.

    Attributes:
        gripper: index of the gripper's joint in the cell's order.
    """

    gripper: int

    def plan(self, state: Vector, extras: Extras, horizon: int) -> Vector:
        """Return the next commanded positions, shape (horizon, D); see `ScriptedExpert.plan`."""
        ...


def make_expert(deployment: Deployment, kinematics: ArmKinematics) -> Expert:
    """Build the expert of a deployment's task.

    Args:
        deployment: a class that the task names is called with it and the kinematics.
        kinematics: of the arm with the main tool, in the compiled model.

    Raises:
        PolicyError, ContractError: as `ScriptedExpert`.
        VlaError: the class of the task cannot be imported.
    """
    task = simulated_task(deployment.task)
    if isinstance(task.expert, str) and task.expert:
        own: Expert = own_class(task.expert, task.folder, 'expert')(deployment, kinematics)
        return own
    return ScriptedExpert(deployment, kinematics)


def make_scripted_expert(deployment: Deployment, device: str) -> Expert:
    """Build the expert as a policy backend; of the policy file only the rate counts.

    Raises:
        PolicyError, ContractError, VlaError: as `make_expert`.
        ResourceNotFoundError, SimError: as `build_model`.
    """
    return make_expert(deployment, ArmKinematics(build_model(deployment), deployment.cell))
