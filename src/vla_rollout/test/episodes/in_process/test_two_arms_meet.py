"""Two arms hand an object over through the filter, which keeps them apart as their cell says."""

import numpy as np
from vla_action_filter.config import FilterConfig
from vla_contract.deployment.deployment import load_deployment
from vla_policy_server.backends.registry import make_policy
from vla_rollout.episodes.in_process.closed_loop import ClosedLoop
from vla_sim_bridge.scene.robot_spec import ROBOT
from vla_sim_bridge.scene.world import World

# Servos lag behind commands, which keep the whole clearance.
_LAG_M = 0.004


class Distance:
    """Measures how near the capsules of both grippers come, by MuJoCo's poses of their bodies."""

    def __init__(self, world: World) -> None:
        self._world, self.least_m, self.touches = world, np.inf, 0
        capsules = {capsule.name: capsule for capsule in world.cell.geometry.capsules}
        self._pair = [capsules[f'{side}_gripper'] for side in ('left', 'right')]
        model = world.model
        names = [model.body(body).name.split('_')[0] for body in model.geom_bodyid]
        # Of each geom: 1 of the left arm, 2 of the right one, 0 of neither.
        self._arm_of = np.array([(f'{ROBOT}left', f'{ROBOT}right').index(name) + 1
                                 if name.startswith(ROBOT) else 0 for name in names])  # fmt: skip

    def restart(self) -> None:
        pass

    def see_chunk(self, chunk) -> None:
        pass

    def see_cycle(self, cycle) -> None:
        lines = []
        for capsule in self._pair:
            body = self._world.data.body(ROBOT + capsule.body)
            ends = np.linspace(capsule.start, capsule.end, 31) @ body.xmat.reshape(3, 3).T
            lines.append(ends + body.xpos)
        apart_m = np.linalg.norm(lines[0][:, None] - lines[1][None], axis=2).min()
        radii_m = sum(capsule.radius for capsule in self._pair)
        self.least_m = min(self.least_m, float(apart_m) - radii_m)
        pairs = self._arm_of[self._world.data.contact.geom]
        self.touches += int((np.sort(pairs) == [1, 2]).all(axis=1).sum())


def test_the_expert_hands_over_through_the_filter_and_the_grippers_keep_apart():
    deployment = load_deployment('aloha_hand_over')
    world = World(deployment)
    distance = Distance(world)
    policy = make_policy(deployment, 'cpu')
    loop = ClosedLoop(world, policy, FilterConfig(), 4, 0.06, observers=(distance,))
    assert loop.run(0).termination == 'success'
    clearance_m = deployment.cell.workspace.clearance
    assert distance.least_m > clearance_m - _LAG_M
    # They come near enough that the limit is what keeps them there.
    assert distance.least_m < 3 * clearance_m
    assert not distance.touches
