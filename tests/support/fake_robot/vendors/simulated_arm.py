"""An arm whose joints are those of a simulated world: it lifts objects and feels its weight."""

from collections.abc import Sequence

import numpy as np
from support.fake_robot.arm import Arm, ServoModel
from vla_contract.values import to_ns
from vla_sim_bridge.scene.world import World


class SimulatedArm(Arm):
    """Passes what controllers write on to the servos of a world, in the order of its cell."""

    def __init__(self, world: World, period_s: float) -> None:
        """Stand where the world's arm stands.

        Args:
            world: nobody else steps it.
            period_s: of the controller manager [s].
        """
        super().__init__(
            world.cell.joint_names, world.joint_sample().position, ServoModel(), period_s
        )
        self._world, self._period_ns = world, to_ns(period_s)
        self._target = world.command
        self._measure()

    def step(self, commands: Sequence[float]) -> None:
        """Simulate one period; a joint that nobody commands keeps its last command."""
        written = np.array(commands)
        is_number = ~np.isnan(written)
        self._target[is_number] = written[is_number]
        self._world.step(self._target, self._period_ns)
        self._measure()

    def placed(self) -> None:
        """Take over where the world was reset to."""
        self._target = self._world.command
        self._measure()

    def _measure(self) -> None:
        sample = self._world.joint_sample()
        self.position[:] = sample.position.tolist()
        self.velocity[:] = sample.velocity.tolist()
        if sample.effort is not None:
            self.effort[:] = sample.effort.tolist()
